import {Buffer} from 'node:buffer';
import {
	appendFile,
	mkdtemp,
	open as openFile,
	readdir,
	readlink,
	rm,
	truncate,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test, {type ExecutionContext} from 'ava';
import {type LogEntry} from '../../../source/engine/resources.js';
import {readLog, type ReadLogOptions} from '../../../source/host/containers/log.js';
import {rotateLog} from '../../../source/host/containers/log-rotation.js';
import {createRandom} from '../random.js';
import {
	difference,
	joined,
	randomLog,
	readWhole,
	recordOf,
	tailOf,
	timeOf,
} from './records.js';

const makeLog = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-log-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return path.join(directory, 'log');
};

/** Splits a log into files at record boundaries, as a rotation does. */
const layOut = async (live: string, log: Buffer, files: number) => {
	const offsets = readWhole(log).map(({offset}) => offset);
	const inner = Array.from({length: files - 1}, (_, index) => offsets[Math.floor(offsets.length * (index + 1) / files)] ?? log.length);
	const cuts = [0, ...inner, log.length];
	for (let index = 0; index < files; index++) {
		const age = files - 1 - index;
		await writeFile(age === 0 ? live : `${live}.${age}`, log.subarray(cuts[index], cuts[index + 1]));
	}
};

const secondOf = (second: number) => 1_700_000_000_000 + (second * 1000);
const textsOf = async (entries: AsyncIterable<LogEntry>) => {
	const all = await Array.fromAsync(entries);
	return all.map(({bytes}) => Buffer.from(bytes).toString());
};

/** Collects a follower's entries. */
const follow = (t: ExecutionContext, live: string, options: ReadLogOptions = {}) => {
	const ended = new AbortController();
	// A follower listens to its signal only after it has read the existing log.
	const {signal = new AbortController().signal} = options;
	const began = Promise.withResolvers<void>();
	const addEventListener = signal.addEventListener.bind(signal);
	Object.assign(signal, {
		addEventListener(...arguments_: Parameters<typeof addEventListener>) {
			began.resolve();
			addEventListener(...arguments_);
		},
	});
	const entries: LogEntry[] = [];
	const arrived = new Set<() => void>();
	const reading = (async () => {
		for await (const entry of readLog(live, {follow: true, ended: ended.signal, ...options, signal})) {
			entries.push({...entry, bytes: Uint8Array.from(entry.bytes)});
			for (const wake of arrived) {
				wake();
			}
		}
	})();
	t.teardown(() => {
		ended.abort();
	});
	return {
		entries,
		/** Resolves once the existing log is read. */
		began: began.promise,
		texts: () => entries.map(({bytes}) => Buffer.from(bytes).toString()),
		/** Resolves once this many entries have come. */
		async until(count: number) {
			while (entries.length < count) {
				const next = Promise.withResolvers<void>();
				arrived.add(next.resolve);
				await next.promise;
				arrived.delete(next.resolve);
			}
		},
		/** Ends the log and waits for the rest. */
		async finish() {
			ended.abort();
			await reading;
			return entries;
		},
		reading,
	};
};

test('a log over several files is read as one', async t => {
	for (let seed = 1; seed <= 20; seed++) {
		const live = await makeLog(t);
		const random = createRandom(seed);
		const log = randomLog(random, 300);
		await layOut(live, log, 1 + random.below(4));
		const records = readWhole(log);
		t.is(difference(joined(await Array.fromAsync(readLog(live))), joined(records)), undefined, `seed ${seed}`);
		const tail = random.below(200);
		t.is(difference(joined(await Array.fromAsync(readLog(live, {tail}))), joined(tailOf(records, tail))), undefined, `seed ${seed}, the last ${tail}`);
		const [since, until] = [random.below(300), random.below(300)];
		const chosen = tailOf(records.filter(({timestamp}) => timestamp <= timeOf(until)), tail).filter(({stream, timestamp}) => stream === 'stderr' && timestamp >= timeOf(since));
		const entries = await Array.fromAsync(readLog(live, {tail, since: secondOf(since), until: secondOf(until), stdout: false}));
		t.is(difference(joined(entries), joined(chosen)), undefined, `seed ${seed}, from ${since} to ${until}`);
	}
});

test('moments that are asked for are included', async t => {
	const live = await makeLog(t);
	await writeFile(live, Buffer.concat([0, 1, 2, 3].map(second => recordOf(String(second), {second}))));
	t.deepEqual(await textsOf(readLog(live, {since: secondOf(1), until: secondOf(2)})), ['1\n', '2\n']);
});

test('a log that was never written is empty, and so is one without a directory', async t => {
	const live = await makeLog(t);
	t.deepEqual(await textsOf(readLog(live)), []);
	t.deepEqual(await textsOf(readLog(live, {tail: 5})), []);
	t.deepEqual(await textsOf(readLog(path.join(live, 'deeper'))), []);
});

test('lines of 100 kB and 5 MB', async t => {
	const live = await makeLog(t);
	const log = Buffer.concat([recordOf('x'.repeat(100_000)), recordOf(Buffer.alloc(5_000_000, 'y'), {stream: 'stderr', second: 1}), recordOf('end', {second: 2})]);
	await writeFile(live, log);
	const expected = joined(readWhole(log));
	t.is(difference(joined(await Array.fromAsync(readLog(live))), expected), undefined);
	t.is(difference(joined(await Array.fromAsync(readLog(live, {tail: 2}))), expected.slice(1)), undefined);
});

test('what is aborted ends, in the middle of a log and while it waits', async t => {
	const live = await makeLog(t);
	await writeFile(live, Buffer.concat(Array.from({length: 100_000}, (_, second) => recordOf('line', {second}))));
	const controller = new AbortController();
	let count = 0;
	for await (const _ of readLog(live, {signal: controller.signal})) {
		count++;
		controller.abort();
	}

	t.true(count < 100_000, `${count} entries`);
	const waiting = new AbortController();
	const follower = follow(t, live, {signal: waiting.signal, tail: 1});
	await follower.until(1);
	waiting.abort();
	await follower.reading;
	t.is(follower.entries.length, 1);
});

test('a follower sees what is written, as it is written', async t => {
	const live = await makeLog(t);
	await writeFile(live, recordOf('before'));
	const follower = follow(t, live);
	await follower.until(1);
	const record = recordOf('later', {stream: 'stderr', second: 1});
	await appendFile(live, record.subarray(0, 30));
	await sleep(30);
	await appendFile(live, record.subarray(30, -1));
	await sleep(30);
	t.is(follower.entries.length, 1);
	await appendFile(live, Buffer.of(10));
	await follower.until(2);
	await appendFile(live, recordOf('last', {second: 2}));
	t.deepEqual((await follower.finish()).map(({stream}) => stream), ['stdout', 'stderr', 'stdout']);
	t.deepEqual(follower.texts(), ['before\n', 'later\n', 'last\n']);
});

test('a record that was half written when following began is not lost', async t => {
	const half = recordOf('half', {stream: 'stderr', second: 1});
	for (const tail of [undefined, 0, 1, 10]) {
		const live = await makeLog(t);
		await writeFile(live, Buffer.concat([recordOf('before'), half.subarray(0, 45)]));
		const follower = follow(t, live, {tail});
		await follower.began;
		await appendFile(live, half.subarray(45));
		await follower.finish();
		t.deepEqual(follower.texts(), tail === 0 ? ['half\n'] : ['before\n', 'half\n'], `tail ${tail}`);
	}
});

test('a log that does not exist yet can be followed', async t => {
	const live = await makeLog(t);
	const follower = follow(t, live);
	await follower.began;
	await writeFile(live, recordOf('first'));
	await follower.until(1);
	await follower.finish();
	t.deepEqual(follower.texts(), ['first\n']);
});

test('a log that is truncated by hand is still followed', async t => {
	const live = await makeLog(t);
	await writeFile(live, recordOf('before'.repeat(10)));
	const follower = follow(t, live);
	await follower.until(1);
	await truncate(live, 0);
	// Data written before the follower has noticed may be lost.
	while (follower.entries.length < 2) {
		await sleep(300);
		await appendFile(live, recordOf('after'));
	}

	await follower.finish();
	t.is(follower.texts()[1], 'after\n');
});

test('following ends at the moment that is asked for', async t => {
	const live = await makeLog(t);
	const now = Date.now();
	const stamp = (milliseconds: number) => new Date(milliseconds).toISOString().replace('Z', '000000+00:00');
	await writeFile(live, `${stamp(now)} stdout F now\n`);
	const entries = readLog(live, {follow: true, until: now + 300});
	t.deepEqual(await textsOf(entries), ['now\n'], 'by the clock');
	const longer = readLog(live, {follow: true, until: now + 600_000});
	await longer.next();
	const rest = textsOf(longer);
	await sleep(50);
	await appendFile(live, `${stamp(now + 600_000)} stdout F at\n${stamp(now + 600_001)} stdout F beyond\n`);
	t.deepEqual(await rest, ['at\n'], 'by the log');
	t.deepEqual(await textsOf(readLog(live, {follow: true, until: now - 1})), []);
});

test('following ends in time even if nothing was read and garbage was collected', async t => {
	setFlagsFromString('--expose-gc');
	const collectGarbage = runInNewContext('gc') as () => void;
	const live = await makeLog(t);
	await writeFile(live, recordOf('now'));
	const entries = readLog(live, {follow: true, until: Date.now() + 150});
	await entries.next();
	for (let round = 0; round < 10; round++) {
		await sleep(30);
		collectGarbage();
	}

	t.deepEqual(await textsOf(entries), []);
});

/** A writer like QEMU: it appends to its open file until a swap changes the file. */
const createWriter = async (t: ExecutionContext, live: string) => {
	let handle = await openFile(live, 'a');
	t.teardown(async () => handle.close());
	return {
		write: async (bytes: Uint8Array) => handle.writeFile(bytes),
		async swap(file: string) {
			const old = handle;
			handle = await openFile(file, 'a');
			await old.close();
		},
	};
};

test('rotation loses and repeats nothing, for followers from the start and from the middle', async t => {
	for (let seed = 1; seed <= 6; seed++) {
		const live = await makeLog(t);
		const random = createRandom(seed);
		const limits = {bytes: 3000, files: 100};
		const writer = await createWriter(t, live);
		const followers = [follow(t, live)];
		let written = Buffer.alloc(0);
		let second = 0;
		for (let round = 0; round < 60; round++) {
			const records = Array.from({length: 1 + random.below(20)}, () => recordOf('x'.repeat(random.below(100)), {second: second++, stream: random.pick(['stdout', 'stderr'])}));
			const bytes = Buffer.concat(records);
			written = Buffer.concat([written, bytes]);
			// QEMU may swap in the middle of a record.
			const cut = random.below(bytes.length);
			await writer.write(bytes.subarray(0, cut));
			await rotateLog(live, writer.swap, limits);
			await writer.write(bytes.subarray(cut));
			if (round === 20) {
				followers.push(follow(t, live), follow(t, live, {tail: 1_000_000}));
			}

			await sleep(random.below(4));
		}

		const expected = joined(readWhole(written));
		for (const follower of followers) {
			t.is(difference(joined(await follower.finish()), expected), undefined, `seed ${seed}`);
		}

		const files = await readdir(path.dirname(live));
		t.true(files.length > 5, files.join(' '));
	}
});

test('readers while the log is rotated read every record once', async t => {
	const live = await makeLog(t);
	const writer = await createWriter(t, live);
	const limits = {bytes: 500, files: 15};
	const finished = new AbortController();
	const writing = (async () => {
		for (let second = 0; second < 600; second++) {
			await writer.write(recordOf(String(second), {second}));
			await rotateLog(live, writer.swap, limits);
		}

		finished.abort();
	})();
	let reads = 0;
	while (!finished.signal.aborted) {
		const numbers = (await textsOf(readLog(live))).map(Number);
		t.deepEqual(numbers, Array.from(numbers, (_, index) => numbers[0]! + index));
		reads++;
	}

	await writing;
	t.true(reads > 5);
});

test('a follower that is too far behind continues with the oldest file', async t => {
	const live = await makeLog(t);
	const writer = await createWriter(t, live);
	await writer.write(recordOf('0'));
	const entries = readLog(live, {follow: true, ended: AbortSignal.timeout(1500)});
	t.is(Buffer.from((await entries.next()).value!.bytes).toString(), '0\n');
	for (let second = 1; second <= 10; second++) {
		await rotateLog(live, writer.swap, {bytes: 1, files: 3});
		await writer.write(recordOf(String(second), {second}));
	}

	t.deepEqual(await textsOf(entries), ['8\n', '9\n', '10\n']);
});

test('a follower that stops leaves no file open', async t => {
	const live = await makeLog(t);
	await writeFile(live, recordOf('a'));
	await writeFile(`${live}.1`, recordOf('b'));
	const open = async () => {
		const descriptors = await readdir('/proc/self/fd');
		const targets = await Promise.all(descriptors.map(async descriptor => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')));
		return targets.filter(target => target.startsWith(path.dirname(live)));
	};

	for (let round = 0; round < 20; round++) {
		for await (const _ of readLog(live, {follow: true})) {
			break;
		}

		for await (const _ of readLog(live, {tail: 1})) {
			break;
		}
	}

	t.deepEqual(await open(), []);
});
