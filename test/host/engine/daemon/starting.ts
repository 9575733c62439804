import {readFile} from 'node:fs/promises';
import type {World} from '../world.js';

/** How the daemon starts and stops. */
export const startingTests = (world: World): void => {
	world.test('the first command starts the daemon, and only one', async t => {
		await world.holm('run', '-d', '--name', 'stays', 'box', 'sleep', '600');
		t.regex(await world.holm('system', 'stop'), /stopped/v);
		t.not((await world.run(['system', 'status'])).status, 0);
		t.regex(await world.holm('system', 'stop'), /not running|stopped/v, 'to stop what does not run is no error');

		const several = await Promise.all([world.run(['ps', '-q', '--no-trunc']), world.run(['ps', '-q', '--no-trunc']), world.run(['network', 'ls', '-q']), world.run(['system', 'start'])]);
		t.deepEqual(several.map(({status, stderr}) => ({status, stderr})), several.map(() => ({status: 0, stderr: ''})));
		t.is(several[0].stdout, several[1].stdout);
		t.is(several[2].stdout, 'bridge\n');
		t.is((await world.traces()).processes.filter(line => line.startsWith('node')).length, 3, 'the daemon, the name server and the forwarder');
		t.is((await world.run(['system', 'status'])).status, 0);
		t.is(await world.holm('exec', 'stays', 'echo', 'still here'), 'still here');
		await world.holm('rm', '-f', 'stays');
	});

	world.test('a daemon that was told to stop leaves what runs', async t => {
		await world.holm('run', '-d', '--name', 'kept', 'box', 'sleep', '600');
		await world.holm('system', 'stop');
		const {processes} = await world.traces();
		t.true(processes.some(line => line.startsWith('qemu')));
		await world.holm('system', 'start');
		t.is((await world.engine.container('kept')).status.state, 'running');
		const log = await world.holm('system', 'logs');
		t.regex(log, /serving .*holm\.sock/v);
		t.is(log, (await readFile(`${world.root}/daemon.log`, 'utf8')).trimEnd());
		await world.holm('rm', '-f', 'kept');
	});
};
