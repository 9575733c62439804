import {Buffer} from 'node:buffer';
import {text} from 'node:stream/consumers';
import {setImmediate as turn, setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine, type MemoryOptions} from '../../source/backends/memory/engine.js';
import type {Engine} from '../../source/engine/engine.js';
import {testEngine} from '../contract/engine.js';
import {configuration} from '../engine/resources.js';

testEngine('memory', async () => {
	const engine = createMemoryEngine();
	return {
		engine,
		image: 'alpine/bash',
		async close() {
			engine.close();
		},
	};
});

const noon = Date.UTC(2026, 1, 25, 12);

const open = (options: MemoryOptions, t: {teardown: (action: () => void) => void}) => {
	const engine = createMemoryEngine(options);
	t.teardown(engine.close);
	return engine;
};

const logOf = async (engine: Engine, id: string) => {
	const entries = await Array.fromAsync(engine.logs(id));
	return entries.map(({stream, timestamp, bytes}) => `${timestamp} ${stream} ${Buffer.from(bytes).toString()}`);
};

/** Everything that can be seen of an engine. */
const portraitOf = async (engine: Engine) => {
	const snapshot = await engine.snapshot({stats: true});
	const logs = [];
	for (const {id} of snapshot.containers) {
		logs.push(await logOf(engine, id));
	}

	const events = await Array.fromAsync(engine.events({since: 1, until: snapshot.readAt}));
	return {snapshot, logs, events};
};

test('equal seeds make equal engines, however often one looks', async t => {
	let now = noon;
	const create = (seed: number) => open({lively: true, seed, now: () => now}, t);
	const [watched, left, other] = [create(7), create(7), create(8)];
	for (let second = 0; second < 240; second++) {
		now += 1000;
		await watched.snapshot();
	}

	const portrait = await portraitOf(watched);
	t.deepEqual(await portraitOf(left), portrait);
	const unlike = await portraitOf(other);
	t.notDeepEqual(unlike.logs, portrait.logs);
	t.notDeepEqual(unlike.snapshot.containers.map(({id}) => id), portrait.snapshot.containers.map(({id}) => id));
});

test('a lively engine has several states, projects, kinds of lines, and things that happen', async t => {
	let now = noon;
	const engine = open({lively: true, now: () => now}, t);
	const before = await engine.snapshot({stats: true});
	t.deepEqual([...new Set(before.containers.map(({status}) => status.state))].toSorted(), ['created', 'exited', 'paused', 'running']);
	t.true(before.networks.length >= 4);
	t.true(before.networks.every(({leases, name}) => name === 'bridge' || leases.length > 1));
	now += 200_000;
	const after = await engine.snapshot({stats: true});
	const events = await Array.fromAsync(engine.events({since: noon, until: now}));
	t.true(after.containers.some(({health}) => health?.status === 'healthy'), 'something is healthy');
	t.true(events.some(({action, attributes}) => action === 'die' && attributes.exitCode === '1'), 'something failed');
	t.true(events.some(({action}) => action === 'start'), 'and was started again');
	const lines = (await Promise.all(after.containers.map(async ({id}) => logOf(engine, id)))).flat();
	const bodies = lines.map(line => line.split(' ').slice(2).join(' '));
	t.true(bodies.some(line => {
		try {
			return typeof JSON.parse(line) === 'object';
		} catch {
			return false;
		}
	}), 'JSON lines');
	t.true(bodies.some(line => line.includes('\u{1B}[')), 'colours');
	t.true(lines.some(line => line.includes(' stderr ')) && lines.some(line => line.includes(' stdout ')));
	t.true(bodies.some(line => line.length > 2000), 'long lines');
	for (const [id, reading] of Object.entries(after.stats)) {
		const earlier = before.stats[id];
		if (!earlier) {
			continue;
		}

		t.true(reading.memoryBytes <= reading.memoryLimitBytes && reading.memoryBytes > 0);
		t.true(reading.cpus >= 1);
	}
});

test('counters of a running container never go down and never pass what the time allows', async t => {
	let now = noon;
	const engine = open({lively: true, now: () => now}, t);
	const name = 'metrics-store';
	let [last] = await Array.fromAsync(engine.stats(name));
	for (let step = 0; step < 500; step++) {
		now += 350;
		const [reading] = await Array.fromAsync(engine.stats(name));
		const passed = (reading!.systemCpuNanoseconds - last!.systemCpuNanoseconds) / reading!.cpus;
		t.is(passed, 350e6);
		const used = reading!.cpuNanoseconds - last!.cpuNanoseconds;
		t.true(used >= 0 && used <= passed * reading!.cpus, String(used));
		t.true(reading!.networks.eth0!.receivedBytes >= last!.networks.eth0!.receivedBytes);
		t.true(reading!.networks.eth0!.sentBytes >= last!.networks.eth0!.sentBytes);
		t.true(reading!.blockWrittenBytes >= last!.blockWrittenBytes);
		last = reading;
	}
});

test('many containers and networks', async t => {
	for (const options of [{containers: 200, networks: 20}, {containers: 200, networks: 20, lively: true}, {containers: 5, networks: 0}]) {
		const engine = open({...options, now: () => noon}, t);
		const {containers, networks} = await engine.snapshot();
		t.is(containers.length, options.containers);
		t.is(networks.length, options.networks + 1);
		t.is(new Set(containers.map(({name}) => name)).size, options.containers);
		t.is(new Set(networks.map(({subnet}) => subnet)).size, options.networks + 1);
		const ports = containers.flatMap(container => container.ports.map(({hostPort}) => hostPort));
		t.is(new Set(ports).size, ports.length);
	}
});

/** Counts the timers that are set and have neither fired nor been cleared. */
const countTimers = () => {
	const {setTimeout: set, clearTimeout: clear} = globalThis;
	const running = new Set<unknown>();
	const counting = (action: () => void, milliseconds: number) => {
		const timer = set(() => {
			running.delete(timer);
			action();
		}, milliseconds);
		running.add(timer);
		return timer;
	};

	Object.assign(globalThis, {
		setTimeout: Object.assign(counting, {__promisify__: set.__promisify__}),
		clearTimeout(timer: NodeJS.Timeout) {
			running.delete(timer);
			clear(timer);
		},
	});
	return {
		count: () => running.size,
		restore() {
			Object.assign(globalThis, {setTimeout: set, clearTimeout: clear});
		},
	};
};

test.serial('no timer runs while nobody follows, and none after the follower has left', async t => {
	const timers = countTimers();
	t.teardown(timers.restore);
	const idle = open({}, t);
	const lively = open({lively: true, containers: 40, networks: 4}, t);
	await idle.snapshot({stats: true});
	await lively.snapshot({stats: true});
	await logOf(lively, 'shop-web');
	await Array.fromAsync(lively.events({since: 1, until: Date.now() - 1000}));
	const {id} = await idle.createContainer(configuration({image: 'redis:alpine'}));
	await idle.startContainer(id);
	await idle.stopContainer(id);
	t.is(timers.count(), 0);

	let lines = 0;
	for await (const _ of lively.logs('shop-web', {follow: true, tail: 0})) {
		t.true(timers.count() > 0, 'while somebody follows something has to wake');
		lines++;
		if (lines === 2) {
			break;
		}
	}

	t.is(timers.count(), 0);
	const controller = new AbortController();
	for await (const _ of lively.stats('shop-web', {stream: true, signal: controller.signal})) {
		controller.abort();
	}

	t.is(timers.count(), 0);
	const live = lively.events({signal: AbortSignal.abort()});
	t.deepEqual(await Array.fromAsync(live), []);
	t.is(timers.count(), 0);
});

test.serial('closing ends every timer and every process', async t => {
	const timers = countTimers();
	t.teardown(timers.restore);
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', 'while :; do echo on; sleep 0.01; done']}));
	await engine.startContainer(id);
	const session = await engine.attachContainer(id);
	const output = text(session.stdout);
	for await (const _ of engine.logs(id, {follow: true})) {
		break;
	}

	// The loop is between two timers for moments.
	while (timers.count() === 0) {
		await turn();
	}

	engine.close();
	t.is(timers.count(), 0);
	t.regex(await output, /^(?:on\n)*$/v);
	await delay(50);
	const before = await logOf(engine, id);
	await delay(50);
	t.deepEqual(await logOf(engine, id), before);
});

test('a log keeps its end when it grows too large', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['seq', '1', '60000']}));
	await engine.startContainer(id);
	t.is((await engine.waitContainer(id)).exitCode, 0);
	const entries = await Array.fromAsync(engine.logs(id));
	t.is(entries.length, 20_000);
	t.is(Buffer.from(entries.at(-1)!.bytes).toString(), '60000\n');
	t.is(Buffer.from(entries[0]!.bytes).toString(), '40001\n');
	const tail = await Array.fromAsync(engine.logs(id, {tail: 2}));
	t.deepEqual(tail.map(({bytes}) => Buffer.from(bytes).toString()), ['59999\n', '60000\n']);
	const {id: wide} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', 's=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10; do s=$s$s; done; i=0; while [ $i -lt 800 ]; do echo "$i $s"; i=$((i+1)); done']}));
	await engine.startContainer(wide);
	await engine.waitContainer(wide);
	const bytes = (await Array.fromAsync(engine.logs(wide))).reduce((sum, entry) => sum + entry.bytes.length, 0);
	t.true(bytes <= 4 * 1024 * 1024 && bytes > 3 * 1024 * 1024, String(bytes));
});

test('a flood writes numbered lines in batches until it is killed', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['flood', '5000']}));
	await engine.startContainer(id);
	let count = 0;
	for await (const {bytes} of engine.logs(id, {follow: true})) {
		t.is(Buffer.from(bytes).toString(), `${count} the quick brown fox jumps over the lazy dog\n`);
		count++;
		if (count === 1000) {
			break;
		}
	}

	await engine.killContainer(id);
	t.like((await engine.container(id)).status, {state: 'exited', exitCode: 137});
});

test('a process waits for a viewer that does not read, and goes on when it has left', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', 'seq 1 400000; echo done >&2']}));
	const session = await engine.attachContainer(id);
	await engine.startContainer(id);
	const finished = engine.waitContainer(id);
	const isEarly = await Promise.race([finished.then(() => true), delay(300).then(() => false)]);
	t.false(isEarly);
	session.close();
	t.is((await finished).exitCode, 0);
});

test('the beginning of several ids is refused', async t => {
	const engine = open({seed: 1}, t);
	const ids: string[] = [];
	for (let count = 0; count < 17; count++) {
		const {id} = await engine.createContainer(configuration({image: 'redis:alpine'}));
		ids.push(id);
	}

	const digit = ids.map(id => id[0]!).find((digit, index, all) => all.indexOf(digit) !== index)!;
	await t.throwsAsync(engine.container(digit), {message: `Multiple IDs found with provided prefix: ${digit}`});
});

test('a shell on a terminal: prompt, echo, editing, interrupt, end of file', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sleep', '1000']}));
	await engine.startContainer(id);
	const execId = await engine.createExec(id, {
		// As the dashboard opens one.
		command: ['sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'], terminal: true, stdin: true, environment: ['PS1=$ '], privileged: false,
	});
	const session = await engine.startExec(execId);
	let all = '';
	const expect = async (wanted: string) => {
		for await (const chunk of session.stdout.iterator({destroyOnReturn: false})) {
			all += String(chunk);
			if (all.endsWith(wanted)) {
				return;
			}
		}

		t.fail(`${JSON.stringify(all)} does not end with ${JSON.stringify(wanted)}`);
	};

	await expect('$ ');
	session.stdin.write('echp\u{7F}o a\r');
	await expect('a\r\n$ ');
	session.stdin.write('sleep 1000\r');
	await expect('sleep 1000\r\n');
	session.stdin.write('\u{3}');
	await expect('^C\r\n$ ');
	session.stdin.write('echo $?\r');
	await expect('130\r\n$ ');
	session.stdin.write('if true\r');
	await expect('> ');
	session.stdin.write('then echo more; fi\r');
	await expect('more\r\n$ ');
	session.stdin.write('\u{4}');
	all += await text(session.stdout);
	t.is(all, '$ echp\b \bo a\r\na\r\n$ sleep 1000\r\n^C\r\n$ echo $?\r\n130\r\n$ if true\r\n> then echo more; fi\r\nmore\r\n$ \r\n');
	t.is((await engine.exec(execId)).exitCode, 0);
});

test('known images are pulled with progress', async t => {
	const engine = open({}, t);
	const again = await Array.fromAsync(engine.pullImage('redis:alpine'));
	t.is(again.at(-1)?.status, 'Status: Image is up to date for redis:alpine');
	t.throws(() => engine.pushImage('redis:alpine'), {message: /pushing is not in the demo/v});
	const fresh = await Array.fromAsync(engine.pullImage('postgres:alpine'));
	t.true(fresh.some(({current, total}) => current !== undefined && total !== undefined && current <= total));
	t.is(fresh.at(-1)?.status, 'Status: Downloaded newer image for postgres:alpine');
	await t.throwsAsync(Array.fromAsync(engine.pullImage('redis:no-such-tag')), {message: /manifest unknown/v});
	await t.throwsAsync(Array.fromAsync(engine.pullImage('redis:alpine', {platform: 'linux/mips'})), {message: /no matching manifest/v});
	await t.throwsAsync(Array.fromAsync(engine.pullImage('alpine', {signal: AbortSignal.abort()})), {message: /cancelled/v});
	await t.throwsAsync(engine.checkCredentials({username: 'me', password: ''}), {message: /docker\.io/v});
	await engine.checkCredentials({username: 'me', password: 'secret'});
});

test('a restart that is still to come is taken back by stop and by removal', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['false'], restartPolicy: {name: 'always', maximumRetryCount: 0}}));
	await engine.startContainer(id);
	await engine.waitContainer(id, 'next-exit');
	t.is((await engine.container(id)).status.state, 'restarting');
	await engine.stopContainer(id);
	t.like((await engine.container(id)).status, {state: 'exited', exitCode: 1});
	await engine.startContainer(id);
	await engine.waitContainer(id, 'next-exit');
	await engine.removeContainer(id, {force: true});
	await delay(200);
	t.deepEqual(await engine.containers({all: true}), []);
});

test('each start begins a health anew', async t => {
	const engine = open({}, t);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sleep', '1000'], healthcheck: {test: ['CMD', 'true'], intervalMs: 1}}));
	await engine.startContainer(id);
	for await (const {action} of engine.events({since: 1, filters: {container: [id]}})) {
		if (action === 'health_status: healthy') {
			break;
		}
	}

	await engine.killContainer(id);
	t.is((await engine.container(id)).health?.status, 'unhealthy');
	await engine.startContainer(id);
	t.like((await engine.container(id)).health, {status: 'starting', failingStreak: 0});
});
