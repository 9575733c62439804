import process from 'node:process';
import type {World} from '../world.js';

/** Unexpected ends of VMs, and restart policies. */
export const endTests = (world: World): void => {
	const status = async (name: string) => (await world.engine.container(name)).status;
	const ended = async (name: string) => world.until(async () => status(name), ({state}) => state === 'exited', 10_000);

	world.test('a VM that is killed from outside', async t => {
		await world.holm('network', 'create', 'net');
		await world.holm('run', '-d', '--name', 'killed', '--network', 'net', '-p', '127.0.0.1::80', 'box', 'sleep', '600');
		const running = world.launch(['exec', 'killed', 'sh', '-c', 'echo up; sleep 600']);
		await running.shows(/up\n/v);
		const waiting = world.launch(['wait', 'killed']);
		const before = await status('killed');
		t.is(before.state, 'running');
		process.kill(before.state === 'running' ? before.pid : 0, 'SIGKILL');
		const after = await ended('killed');
		t.like(after, {exitCode: 137, outOfMemory: false});
		t.regex(after.state === 'exited' ? after.reason ?? '' : '', /killed/v);
		t.is((await waiting.ended).stdout, '137\n');
		t.is((await running.ended).status, 137);
		t.regex(await world.holm('ps', '-a', '--format', '{{.Status}}'), /^Exited \(137\)/v);
		t.regex(await world.holm('inspect', '-f', '{{.State.Error}}', 'killed'), /killed/v);
		t.is(await world.holm('inspect', '-f', '{{.Holm.Exit.Cause}}: {{.Holm.Exit.Summary}}', 'killed'), 'machine: exit status 137, killed (SIGKILL): the machine was killed (SIGKILL)');
		const {devices, listeners, machines} = await world.until(async () => world.traces(), traces => traces.machines.length === 0);
		t.deepEqual({taps: devices.filter(device => !/^(?:br-|host$|lo$)/v.test(device)), listeners: listeners.filter(listener => listener.startsWith('tcp 127.')), machines}, {taps: [], listeners: [], machines: []});
		await world.holm('start', 'killed');
		t.is(await world.holm('exec', 'killed', 'echo', 'again'), 'again');
		await world.remove('killed');
		await world.holm('network', 'rm', 'net');
	});

	world.test('a guest whose kernel panics', async t => {
		await world.holm('run', '-d', '--name', 'panic', '--privileged', 'box', 'sh', '-c', 'sleep 0.5; echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 600');
		const after = await ended('panic');
		t.like(after, {exitCode: 137});
		t.regex(after.state === 'exited' ? after.reason ?? '' : '', /panicked: .*sysrq/iv);
		t.is((await world.engine.container('panic')).lastExit?.cause.kind, 'panic');
		t.regex(await world.holm('logs', '--boot', 'panic'), /Linux version[\s\S]*Kernel panic - not syncing/v, 'the console output stays');
		await world.holm('rm', 'panic');
	});

	world.test('a container with less memory than a VM needs, which runs out of it', async t => {
		const events = world.launch(['events', '--filter', 'event=oom']);
		const {status: code} = await world.run(['run', '--name', 'hungry', '-m', '64m', 'box', 'tail', '/dev/zero']);
		t.is(code, 137);
		t.like(await status('hungry'), {state: 'exited', exitCode: 137, outOfMemory: true, reason: 'out of memory'});
		t.is(await world.holm('inspect', '-f', '{{.State.OOMKilled}} {{.HostConfig.Memory}}', 'hungry'), 'true 67108864');
		const {lastExit} = await world.engine.container('hungry');
		t.like(lastExit, {cause: {kind: 'out-of-memory'}, memoryLimitBytes: 67_108_864});
		t.true(lastExit!.memoryPeakBytes! > 16_000_000 && lastExit!.memoryPeakBytes! <= 67_108_864, String(lastExit!.memoryPeakBytes));
		await events.shows(/oom/v);
		events.kill('SIGINT');
		await events.ended;
		await world.holm('rm', 'hungry');
	});

	world.test('--restart: always, unless-stopped', async t => {
		const runs = async (name: string) => (await world.holm('logs', name)).split('\n').filter(line => line === 'run').length;
		await world.holm('run', '-d', '--name', 'always', '--restart', 'always', 'box', 'sh', '-c', 'echo run; sleep 600');
		await world.written('always', /run/v);
		const first = await status('always');
		process.kill(first.state === 'running' ? first.pid : 0, 'SIGKILL');
		await world.written('always', /run\nrun/v);
		await world.until(async () => status('always'), ({state}) => state === 'running');
		await world.holm('stop', '-t', '0', 'always');
		t.is((await status('always')).state, 'exited', 'a stop ends it');

		await world.holm('run', '-d', '--name', 'looping', '--restart', 'unless-stopped', 'box', 'sh', '-c', 'echo run; exit 1');
		await world.until(async () => world.engine.container('looping'), ({restartCount}) => restartCount >= 1);
		const waiting = world.launch(['wait', 'looping']);
		await world.holm('stop', 'looping');
		t.is((await status('looping')).state, 'exited');
		t.is((await waiting.ended).status, 0);
		const count = await runs('looping');
		await world.holm('system', 'stop');
		await world.holm('system', 'start');
		t.is(await runs('looping'), count, 'it stays stopped under the next engine');
		await world.holm('rm', 'always', 'looping');
		const {containers, machines, processes} = await world.traces();
		t.deepEqual([containers, machines, processes.filter(line => line.startsWith('qemu'))], [[], [], []]);
	});
};
