import {readFile} from 'node:fs/promises';
import process from 'node:process';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** VMs that die and clients that vanish during requests. */
export const vanishingTests = (world: World): void => {
	const daemon = async () => readFile(pathsOf(world.root).daemonPid, 'utf8');

	const begin = async () => {
		await world.holm('run', '-d', '-i', '--name', 'busy', 'box', 'sh', '-c', 'dd if=/dev/zero of=/large bs=1M count=60 2>/dev/null; echo ready; while :; do echo tick; sleep 0.02; done');
		await world.written('busy', /ready/v);
		const running = [
			world.launch(['cp', 'busy:/large', '-']),
			world.launch(['cp', '-', 'busy:/tmp'], {open: true}),
			world.launch(['exec', 'busy', 'sh', '-c', 'while :; do echo tick; sleep 0.02; done']),
			world.launch(['exec', '-i', 'busy', 'cat'], {open: true}),
			world.launch(['logs', '-f', 'busy']),
			world.launch(['attach', 'busy'], {open: true}),
			world.launch(['stats', 'busy', '--format', '{{.Name}}']),
			world.launch(['wait', 'busy']),
			world.launch(['events']),
		];
		// An archive that is never completed.
		running[1]!.write((await world.run(['cp', 'busy:/bin/busybox', '-'])).stdout.slice(0, 512));
		running[3]!.write('tick\n');
		await Promise.all([0, 2, 3, 4, 5, 6].map(async index => world.until(() => running[index]!.stdout().length, length => length > 0)));
		return running;
	};

	world.test('a VM that dies ends all requests for it, and nothing else', async t => {
		await world.holm('ps');
		const before = await daemon();
		const running = await begin();
		const {status} = await world.engine.container('busy');
		process.kill(status.state === 'running' ? status.pid : 0, 'SIGKILL');
		const [out, into, exec, input, logs, attached, stats, waiting, events] = running;
		const ends = await Promise.all([out, exec, input, logs, attached, waiting].map(async command => command!.ended));
		t.deepEqual(ends.map(end => end.status), [1, 137, 137, 0, 137, 0]);
		t.regex(ends[0]!.stderr, /^Error: [^\n]+\n$/v);
		t.is(ends[5]!.stdout, '137\n');
		into!.end();
		t.is((await into!.ended).status, 1);
		await events!.shows(/die/v);
		for (const command of [stats!, events!]) {
			command.kill('SIGINT');
			await command.ended;
		}

		t.is(await daemon(), before, 'the daemon is the same');
		await world.holm('rm', 'busy');
	});

	world.test('clients that vanish do not affect the container or the engine', async t => {
		const before = await daemon();
		const running = await begin();
		for (const command of running) {
			command.kill('SIGKILL');
		}

		await Promise.all(running.map(async ({ended}) => ended));
		t.is(await world.holm('exec', 'busy', 'echo', 'still here'), 'still here');
		t.is((await world.engine.container('busy')).status.state, 'running');
		t.is(await daemon(), before);
		await world.holm('cp', 'busy:/etc/passwd', world.directory);
		await world.remove('busy');
		t.deepEqual((await world.traces()).machines, []);
	});
};
