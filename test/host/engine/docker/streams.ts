import {execFileSync} from 'node:child_process';
import type {World} from '../world.js';
import {createClient} from './client.js';

/** Terminals, logs and events with Docker's client. */
export const streamTests = (world: World): void => {
	world.test('docker: -it is a terminal, whose size follows the window', async t => {
		const {docker, terminal} = createClient(world);
		await docker('run', '-d', '--name', 'under', 'box', 'sleep', '600');
		for (const command of ['run -it --rm --name shell box sh', 'exec -it under sh']) {
			const session = terminal(command);
			const [device] = await session.shows(/\/dev\/pts\/\d+/v);
			await session.shows(/# /v);
			session.write('until stty size | grep -q ^31; do sleep 0.1; done; echo the size is new\r');
			let columns = 97;
			await world.until(() => {
				// The client ignores window changes until it has sent the first size.
				execFileSync('stty', ['-F', device, 'rows', '31', 'cols', String(columns++)]);
				return session.stdout();
			}, text => text.includes('\r\nthe size is new\r\n'));
			session.write('exit 5\r');
			t.is((await session.ended).status, 5, command);
		}

		await docker('rm', '-f', 'under');
	});

	world.test('docker: logs and events', async t => {
		const {docker, run, start} = createClient(world);
		const before = Date.now() / 1000 - 1;
		await docker('run', '-d', '--name', 'talker', 'box', 'sh', '-c', 'for word in one two three; do echo $word; done; read never <>/dev/null; sleep 600');
		await world.until(async () => docker('logs', 'talker'), log => log.endsWith('three'));
		t.is(await docker('logs', '--tail', '2', 'talker'), 'two\nthree');
		t.regex(await docker('logs', '-t', '--tail', '1', 'talker'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z three$/v);
		t.is(await docker('logs', '--since', '2099-01-01T00:00:00Z', 'talker'), '');
		const following = start(['logs', '-f', 'talker']);
		await following.shows(/three/v);
		const events = start(['events', '--filter', 'container=talker', '--format', '{{.Action}}']);
		await docker('exec', 'talker', 'true');
		await events.shows(/exec_start/v);
		await docker('stop', '-t', '0', 'talker');
		t.like(await following.ended, {status: 0, stdout: 'one\ntwo\nthree\n'});
		await events.shows(/die[\s\S]*stop/v);
		events.kill('SIGINT');
		await events.ended;
		await docker('rm', 'talker');
		const past = await run(['events', '--since', String(before), '--until', String(Date.now() / 1000 + 1), '--filter', 'container=talker', '--filter', 'event=create', '--filter', 'event=start', '--filter', 'event=destroy', '--format', '{{.Action}}']);
		t.is(past.stdout, 'create\nstart\ndestroy\n');
	});
};
