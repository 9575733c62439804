import {Buffer} from 'node:buffer';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {createLogs, type LogTarget} from '../../../source/dashboard/logs/follow.js';
import type {Engine} from '../../../source/engine/engine.js';
import type {LogOptions} from '../../../source/engine/logs.js';
import type {LogEntry} from '../../../source/engine/resources.js';

const entry = (second: number, text: string): LogEntry => ({stream: 'stdout', timestamp: new Date(second * 1000).toISOString(), bytes: Buffer.from(text)});

const target = (id: string, given: Partial<LogTarget> = {}): LogTarget =>
	({id, name: id, startedAt: 1, isRunning: true, isBoot: false, ...given});

const untilAborted = async (signal: AbortSignal | undefined) => new Promise<void>(resolve => {
	signal?.addEventListener('abort', () => {
		resolve();
	});
});

/** An engine with the given logs. */
const withLogs = (logs: (id: string, options: LogOptions) => AsyncIterable<LogEntry>): Engine => {
	const engine = createMemoryEngine();
	engine.close();
	return {...engine, logs: (id, options = {}) => logs(id, options)};
};

const texts = (logs: ReturnType<typeof createLogs>) => {
	const {buffer} = logs;
	return Array.from({length: buffer.next() - buffer.first()}, (_, index) => buffer.get(buffer.first() + index)!.text);
};

const until = async (isTrue: () => boolean) => {
	while (!isTrue()) {
		await delay(10);
	}
};

test('the logs of several containers are merged by time', async t => {
	const engine = withLogs(async function * (id, {signal}) {
		for (const second of id === 'a' ? [1, 3, 5] : [2, 4, 6]) {
			yield entry(second, `${id}${second}\n`);
		}

		await untilAborted(signal);
	});
	const logs = createLogs(100);
	logs.follow(engine, [target('a'), target('b')]);
	await until(() => texts(logs).length === 6);
	t.deepEqual(texts(logs), ['a1', 'b2', 'a3', 'b4', 'a5', 'b6']);
	t.is(logs.buffer.get(logs.buffer.first() + 1)?.source, 1);
	logs.stop();
});

test('an ended log is followed again after a restart, without duplicate lines', async t => {
	const asked: LogOptions[] = [];
	const engine = withLogs(async function * (_, options) {
		asked.push(options);
		yield entry(1, 'one\n');
		yield entry(2, 'two\n');
		if (asked.length > 1) {
			yield entry(3, 'three\n');
			await untilAborted(options.signal);
		}
	});
	const logs = createLogs(100);
	logs.follow(engine, [target('a')]);
	await until(() => texts(logs).length === 2);
	logs.follow(engine, [target('a', {isRunning: false})]);
	await delay(150);
	t.is(asked.length, 1);
	logs.follow(engine, [target('a', {startedAt: 2})]);
	await until(() => texts(logs).length === 3);
	t.deepEqual(texts(logs), ['one', 'two', 'three']);
	t.is(asked[1]?.since, 2000);
	logs.stop();
});

test('lines with equal timestamps are all kept, and chunks are joined', async t => {
	const engine = withLogs(async function * (_, {signal}) {
		yield entry(1, 'same\n');
		yield entry(1, 'same\n');
		yield entry(1, 'in ');
		yield entry(1, 'pieces\n');
		await untilAborted(signal);
	});
	const logs = createLogs(100);
	logs.follow(engine, [target('a')]);
	await until(() => texts(logs).length === 3);
	t.deepEqual(texts(logs), ['same', 'same', 'in pieces']);
	logs.stop();
});

test('an endless source leaves time for others and stays within its capacity', async t => {
	const engine = withLogs(async function * (_, {signal}) {
		for (let number = 0; !signal?.aborted; number++) {
			yield entry(number, `line ${number}\n`);
		}
	});
	const logs = createLogs(500);
	logs.follow(engine, [target('a')]);
	let turns = 0;
	await until(() => {
		turns++;
		return logs.buffer.dropped() > 5000;
	});
	t.true(turns > 1);
	t.true(texts(logs).length <= 500);
	logs.stop();
	await delay(50);
	const version = logs.version();
	await delay(200);
	t.is(logs.version(), version);
});

test('a pause keeps all lines, and a resume reads the end again', async t => {
	let calls = 0;
	const engine = withLogs(async function * (_, {signal}) {
		calls++;
		const first = calls === 1 ? 0 : 1000;
		for (let number = first; number < first + 300; number++) {
			yield entry(number, `line ${number}\n`);
		}

		await untilAborted(signal);
	});
	const logs = createLogs(100);
	logs.pause(true);
	logs.follow(engine, [target('a')]);
	await until(() => logs.buffer.skipped() === 200);
	t.is(texts(logs)[0], 'line 0');
	logs.pause(false);
	logs.follow(engine, [target('a')]);
	await until(() => texts(logs).at(-1) === 'line 1299');
	t.is(logs.buffer.skipped(), 0);
	logs.stop();
});

test('older lines are read on demand and prepended', async t => {
	const engine = withLogs(async function * (_, {until: end, follow, signal}) {
		if (!follow) {
			for (const second of [1, 2, 3]) {
				if (end === undefined || second * 1000 <= end) {
					yield entry(second, `line ${second}\n`);
				}
			}

			return;
		}

		yield entry(3, 'line 3\n');
		await untilAborted(signal);
	});
	const logs = createLogs(100);
	logs.follow(engine, [target('a')]);
	await until(() => texts(logs).length === 1);
	t.is(await logs.loadOlder(engine), 2);
	t.deepEqual(texts(logs), ['line 1', 'line 2', 'line 3']);
	logs.stop();
});

test('a boot log replaces the log, and starts over with a new machine', async t => {
	const asked: Array<{readonly tail?: number; readonly follow?: boolean}> = [];
	let boots = 0;
	const engine: Engine = {
		...withLogs(async function * () {
			yield entry(1, 'of the container\n');
		}),
		async * bootLog(_, {signal, ...options} = {}) {
			asked.push(options);
			boots++;
			yield entry(5, `boot ${boots}\u{1B}[2J\n`);
			yield entry(5, 'kernel up\n');
			if (boots === 2) {
				await untilAborted(signal);
			}
		},
	};
	const logs = createLogs(100);
	logs.follow(engine, [target('a')]);
	await until(() => texts(logs).includes('of the container'));
	const boot = (given: Partial<LogTarget> = {}) => target('a', {isBoot: true, isRunning: false, ...given});
	logs.follow(engine, [boot()]);
	await until(() => texts(logs).length === 2);
	t.deepEqual(texts(logs), ['boot 1', 'kernel up']);
	logs.follow(engine, [boot({startedAt: 2, isRunning: true})]);
	await until(() => texts(logs)[0] === 'boot 2');
	t.deepEqual(texts(logs), ['boot 2', 'kernel up']);
	t.deepEqual(asked.map(({follow}) => follow), [true, true]);
	t.is(await logs.loadOlder(engine), 0);
	logs.stop();
});
