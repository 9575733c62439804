import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {findTail} from '../../../source/host/containers/log-tail.js';
import {createRandom} from '../random.js';
import {
	difference,
	joined,
	randomLog,
	readWhole,
	recordOf,
	tailOf,
	timeOf,
	type Expected,
} from './records.js';

/** A log in memory that counts the bytes read. */
const readerOf = (log: Buffer) => {
	const read = {bytes: 0};
	return {
		read,
		async readAt(offset: number, length: number) {
			read.bytes += length;
			return Uint8Array.from(log.subarray(offset, offset + length));
		},
	};
};

const tailBackwards = async (log: Buffer, lines: number, until?: string) => {
	const start = await findTail(readerOf(log).readAt, log.length, lines, until);
	return readWhole(log).filter(({offset, stream, timestamp}) => offset >= start[stream] && (until === undefined || timestamp <= until));
};

const isSame = (t: ExecutionContext, actual: readonly Expected[], expected: readonly Expected[], message: string) => {
	t.is(difference(joined(actual), joined(expected)), undefined, message);
	t.deepEqual(actual.map(({offset}) => offset), expected.map(({offset}) => offset), message);
};

test('counted backwards and forwards, the last lines of random logs are the same', async t => {
	for (let seed = 1; seed <= 150; seed++) {
		const random = createRandom(seed);
		const whole = randomLog(random, random.pick([0, 1, 5, 50, 400]), {unusual: random.pick([10, 100])});
		// A log may end anywhere.
		const log = whole.subarray(0, random.pick([whole.length, random.below(whole.length + 1)]));
		for (const lines of [0, 1, 2, 3, 10, random.below(300), 10_000]) {
			isSame(t, await tailBackwards(log, lines), tailOf(readWhole(log), lines), `seed ${seed}, ${lines} lines`);
		}
	}
});

test('lines after the end that is asked for do not count', async t => {
	for (let seed = 1; seed <= 30; seed++) {
		const random = createRandom(seed);
		const log = randomLog(random, 100);
		const until = timeOf(random.below(100));
		const expected = tailOf(readWhole(log).filter(({timestamp}) => timestamp <= until), 7);
		isSame(t, await tailBackwards(log, 7, until), expected, `seed ${seed}`);
	}
});

test('records that begin at the edges of what is read at once', async t => {
	const blockSize = 64 * 1024;
	for (let shift = 0; shift < 160; shift++) {
		const last = Buffer.concat([recordOf('x'), recordOf('y', {second: 1})]);
		const padding = blockSize - last.length + shift - 80;
		const log = Buffer.concat([recordOf('first'), recordOf('z'.repeat(50)), Buffer.alloc(padding, 'g'), Buffer.of(10), last]);
		isSame(t, await tailBackwards(log, 3), tailOf(readWhole(log), 3), `shift ${shift}`);
	}
});

test('a record that is still being written belongs to what follows the tail', async t => {
	const complete = Buffer.concat([recordOf('a'), recordOf('b', {second: 1})]);
	const log = Buffer.concat([complete, recordOf('c', {stream: 'stderr', second: 2}).subarray(0, -1)]);
	for (const lines of [0, 1, 2]) {
		const start = await findTail(readerOf(log).readAt, log.length, lines);
		t.is(start.stderr, complete.length, `${lines} lines`);
	}

	t.deepEqual(await findTail(readerOf(Buffer.from('no end')).readAt, 6, 5), {stdout: 0, stderr: 0});
});

test('a line of 5 MB in pieces is one line, and whole', async t => {
	const pieces = Array.from({length: 640}, (_, second) => recordOf(Buffer.alloc(8192, 'x'), {tag: second === 639 ? 'F' : 'P', second: second + 1}));
	const log = Buffer.concat([recordOf('before'), ...pieces, recordOf('after', {stream: 'stderr', second: 1000})]);
	for (const lines of [1, 2, 3]) {
		isSame(t, await tailBackwards(log, lines), tailOf(readWhole(log), lines), `${lines} lines`);
	}
});

test('the cost depends on the tail, not on the log', async t => {
	const many = Buffer.concat(Array.from({length: 20_000}, (_, second) => recordOf('a line of some length, as they are', {second})));
	const log = Buffer.concat([recordOf('the only error', {stream: 'stderr'}), many, recordOf('another error', {stream: 'stderr', second: 30_000}), recordOf('end', {second: 30_001})]);
	const {read, readAt} = readerOf(log);
	const start = await findTail(readAt, log.length, 2);
	t.deepEqual(readWhole(log).filter(({offset, stream}) => offset >= start[stream]).map(({bytes}) => bytes.toString()), ['another error\n', 'end\n']);
	t.true(read.bytes < 1024 * 1024, `${read.bytes} of ${log.length} bytes`);
});
