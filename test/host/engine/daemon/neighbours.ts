import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {importBox} from '../box.js';
import {layParts} from '../parts.js';
import type {World} from '../world.js';

/** Two engines on one host. */
export const neighbourTests = (world: World): void => {
	world.test('two engines at once share nothing', async t => {
		const directory = path.join(world.directory, 'n');
		const environment = {HOLM_ROOT: path.join(directory, 'e')};
		await mkdir(directory);
		await layParts(environment.HOLM_ROOT);
		const run: World['run'] = async (arguments_, options) => world.run(arguments_, {...options, environment});
		const other = async (...arguments_: readonly string[]) => {
			const {status, stdout, stderr} = await run(arguments_);
			t.is(status, 0, stderr);
			return stdout.trimEnd();
		};

		try {
			await importBox({directory, run});
			await world.holm('run', '-d', '--name', 'same', '--ip', '192.168.64.9', 'box', 'httpd', '-f', '-h', '/data');
			t.is(await other('ps', '-aq'), '');
			await other('run', '-d', '--name', 'same', 'box', 'sleep', '600');
			t.not(await world.holm('ps', '-q'), await other('ps', '-q'));
			t.is(await world.holm('exec', 'same', 'wget', '-q', '-O', '-', 'http://192.168.64.9/seed/first'), 'from the image');
			t.not((await run(['exec', 'same', 'timeout', '2', 'wget', '-q', '-O', '-', 'http://192.168.64.9/seed/first'])).status, 0, 'the other engine cannot reach the address');
			await other('volume', 'create', 'only-here');
			t.is(await world.holm('volume', 'ls', '-q'), '');
			await other('system', 'stop', '--all', '--force');
			t.is((await world.engine.container('same')).status.state, 'running');
		} finally {
			await run(['system', 'stop', '--all', '--force']);
		}

		await world.remove('same');
	});
};
