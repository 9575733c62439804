import {setTimeout as delay} from 'node:timers/promises';
import type {World} from '../world.js';

const patient = 'trap "exit 3" TERM; trap "exit 5" INT; echo ready; while :; do sleep 0.05; done';

/** From `create` to `rm`. */
export const lifecycleTests = (world: World): void => {
	const state = async (reference: string) => (await world.engine.container(reference)).status;

	world.test('create, start, stop with any signal, restart with the same disk, rename, wait, rm', async t => {
		const id = await world.holm('create', '--name', 'first', 'box', 'sh', '-c', `echo more >>/kept; cat /kept; ${patient}`);
		t.regex(id, /^[\da-f]{64}$/v);
		t.deepEqual(await state('first'), {state: 'created'});
		t.like(await world.run(['start', 'first']), {status: 0, stdout: 'first\n'});
		t.is((await state(id.slice(0, 12))).state, 'running');
		t.is((await world.run(['start', 'first'])).status, 0, 'starting a running container is no error');

		await world.holm('rename', 'first', 'second');
		t.regex((await world.run(['inspect', 'first'])).stderr, /^Error: .*first.*\n$/v);

		await world.written('second', /ready/v);
		const waiting = world.launch(['wait', 'second']);
		await world.holm('stop', 'second');
		t.like(await waiting.ended, {status: 0, stdout: '3\n'});
		t.like(await state('second'), {state: 'exited', exitCode: 3, outOfMemory: false});
		t.is((await world.run(['stop', 'second'])).status, 0, 'stopping a stopped container is no error');

		await world.holm('restart', 'second');
		const before = await state('second');
		await world.written('second', /ready\nmore\nmore\nready/v);
		await world.holm('restart', 'second');
		const after = await state('second');
		t.true(before.state === 'running' && after.state === 'running' && after.pid !== before.pid && after.startedAt > before.startedAt);

		t.regex((await world.run(['rm', 'second'])).stderr, /^Error: .*second.*running.*rm -f second.*\n$/v);
		await world.written('second', /(?:ready[\s\S]*){3}/v);
		await world.holm('stop', '--signal', 'INT', 'second');
		t.like(await state('second'), {state: 'exited', exitCode: 5});
		await world.holm('rm', 'second');
		t.deepEqual((await world.traces()).containers, []);
	});

	world.test('stop: a process that ignores the signal is killed after the timeout', async t => {
		await world.holm('run', '-d', '--name', 'deaf', 'box', 'sleep', '600');
		await world.holm('stop', '-t', '1', 'deaf');
		t.like(await state('deaf'), {state: 'exited', exitCode: 137});
		await world.holm('start', 'deaf');
		await world.holm('kill', 'deaf');
		t.like(await state('deaf'), {state: 'exited', exitCode: 137});
		t.regex((await world.run(['kill', 'deaf'])).stderr, /^Error: .*deaf.*not running.*\n$/v);
		await world.holm('rm', 'deaf');
	});

	world.test('pause and unpause: nothing runs in between', async t => {
		await world.holm('run', '-d', '--name', 'clock', 'box', 'sh', '-c', 'i=0; while :; do echo $i; i=$((i + 1)); sleep 0.05; done');
		await world.written('clock', /3/v);
		await world.holm('pause', 'clock');
		t.is((await state('clock')).state, 'paused');
		t.regex(await world.holm('ps', '--format', '{{.Status}}'), /^Up .* \(Paused\)$/v);
		const one = await world.holm('logs', 'clock');
		await delay(2000);
		const two = await world.holm('logs', 'clock');
		t.is(one, two);
		t.regex((await world.run(['exec', 'clock', 'true'])).stderr, /^Error: .*paused.*unpause clock.*\n$/v);
		t.regex((await world.run(['pause', 'clock'])).stderr, /^Error: .*clock.*paused.*\n$/v);
		await world.holm('unpause', 'clock');
		await world.written('clock', new RegExp(`\n${Number(two.split('\n').at(-1)) + 1}\n`, 'v'));
		const before = Date.now() / 1000;
		const clock = Number(await world.holm('exec', 'clock', 'date', '+%s'));
		// It was paused for more than two seconds, and prints whole seconds.
		t.true(clock > before - 1.9 && clock < Date.now() / 1000 + 0.9, `its clock is that of the host again: ${clock} after ${before}`);
		t.regex((await world.run(['unpause', 'clock'])).stderr, /^Error: .*not paused.*\n$/v);
		await world.holm('pause', 'clock');
		await world.holm('rm', '-f', 'clock');
		t.deepEqual(await world.engine.containers({all: true}), [], 'a paused one can be removed');
	});

	world.test('ps, inspect, port, top, stats and prune', async t => {
		const id = await world.holm('run', '-d', '--name', 'shown', '-l', 'kind=shown', '-p', '127.0.0.1::80', 'box', 'sh', '-c', 'while :; do sleep 0.01; done');
		const other = await world.holm('create', '--name', 'idle', 'box');
		t.is(await world.holm('ps', '-q', '--no-trunc'), id);
		t.deepEqual((await world.holm('ps', '-aq', '--no-trunc')).split('\n'), [other, id]);
		t.is(await world.holm('ls', '-a', '--filter', 'status=created', '--format', '{{.Names}} {{.Image}} {{.Status}}'), 'idle box Created');
		t.is(await world.holm('list', '--filter', 'label=kind=shown', '--format', '{{.Names}}'), 'shown');
		t.is(await world.holm('inspect', '-f', '{{.State.Status}} {{.Config.Labels.kind}}', 'shown'), 'running shown');
		const [found] = JSON.parse(await world.holm('inspect', 'shown')) as ReadonlyArray<{readonly Id: string; readonly Name: string; readonly State: {readonly Running: boolean}}>;
		t.like(found, {Id: id, Name: '/shown', State: {Running: true}});
		t.regex(await world.holm('port', 'shown'), /^80\/tcp -> 127\.0\.0\.1:\d+$/v);

		const top = await world.holm('top', 'shown');
		t.regex(top, /^UID +PID +PPID .*CMD\n/v);
		t.regex(top, /\b0 .*sh -c while :; do sleep 0\.01; done/v);

		const stats = await world.holm('stats', '--no-stream', '--format', '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}', 'shown');
		const [, cpu, pids] = /^shown (?<cpu>[\d.]+)% [\d.]+[KM]iB \/ 512MiB (?<pids>\d+)$/v.exec(stats) ?? [];
		t.true(Number(cpu) > 0 && Number(pids) >= 1, stats);
		const readings: number[] = [];
		for await (const {cpuNanoseconds, hostMemoryBytes} of world.engine.stats('shown', {stream: true})) {
			t.true(hostMemoryBytes! > 10_000_000);
			readings.push(cpuNanoseconds);
			if (readings.length === 2) {
				break;
			}
		}

		t.true(readings[1]! > readings[0]!, 'it uses CPU all the time');

		t.true((await world.holm('container', 'prune', '-f')).includes(other));
		t.deepEqual((await world.engine.containers({all: true})).map(({name}) => name), ['shown']);
		await world.holm('rm', '-f', 'shown');
	});

	world.test('run -d --rm removes the container and its anonymous volumes', async t => {
		const before = await world.traces();
		await world.holm('run', '-d', '--rm', '-v', '/var/anonymous', 'box', 'true');
		await world.until(async () => world.engine.containers({all: true}), ({length}) => length === 0);
		t.deepEqual(await world.until(async () => world.traces(), traces => traces.volumes.length === before.volumes.length), before);
	});
};
