import {readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../../../../source/host/run.js';
import type {World} from '../world.js';

/** What is in use. */
export const usedTests = (world: World): void => {
	world.test('images and volumes in use are not removed', async t => {
		await world.holm('create', '--name', 'user', '-v', 'used:/used', 'box');
		for (const [command, reason] of [
			[['rmi', 'box'], /box.*user/v],
			[['volume', 'rm', 'used'], /used.*user/v],
		] as const) {
			const {status, stderr} = await world.run(command);
			t.is(status, 1);
			t.regex(stderr, /^Error: [^\n]+ \([^\n]+\)\n$/v);
			t.regex(stderr, reason);
		}

		await world.holm('rm', 'user');

		// A mount inside a volume does not belong to it.
		const {mountpoint} = await world.engine.volume('used');
		await run('mount', ['-t', 'tmpfs', 'tmpfs', mountpoint]);
		try {
			await writeFile(path.join(mountpoint, 'precious'), '');
			t.regex((await world.run(['volume', 'rm', 'used'])).stderr, /^Error: .*used.*in use.*mounted.*umount.*\n$/v);
			await world.holm('volume', 'prune', '-a', '-f');
			t.deepEqual(await readdir(mountpoint), ['precious']);
		} finally {
			await run('umount', [mountpoint]);
		}

		await world.holm('volume', 'rm', 'used');
	});
};
