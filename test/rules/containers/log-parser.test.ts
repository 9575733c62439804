import {Buffer} from 'node:buffer';
import test from 'ava';
import {createLogParser, timestampOf, type LogRecord} from '../../../source/rules/containers/log-parser.js';
import {createRandom} from '../../host/random.js';
import {difference, joined, randomLog, readWhole, recordOf, timeOf} from '../../host/containers/records.js';

const parse = (chunks: Iterable<Uint8Array>, start = 0): LogRecord[] => {
	const parser = createLogParser(start);
	return [...chunks].flatMap(chunk => [...parser.push(chunk)]);
};

const entriesOf = (records: readonly LogRecord[]) => joined(records.map(({entry}) => entry));

const cutInto = (log: Buffer, lengths: () => number) => {
	const chunks: Buffer[] = [];
	for (let offset = 0; offset < log.length;) {
		const length = Math.max(lengths(), 1);
		// A copy of its own, as a reader hands them out.
		chunks.push(Buffer.from(log.subarray(offset, offset + length)));
		offset += length;
	}

	return chunks;
};

const short = Buffer.concat([
	recordOf('one'),
	recordOf('err', {stream: 'stderr', second: 1}),
	recordOf('be', {tag: 'P', second: 2}),
	recordOf('tween', {stream: 'stderr', tag: 'P', second: 3}),
	recordOf('gin', {second: 4}),
	recordOf('', {second: 5}),
	recordOf('', {tag: 'P', second: 6}),
	Buffer.from('garbage\n\n'),
	recordOf(Buffer.of(0xFF, 0xC3, 0x28, 0, 27), {second: 7}),
	recordOf('end', {stream: 'stderr', second: 8}),
]);

test('records of both streams, with and without their end', t => {
	t.deepEqual(parse([short]).map(({entry: {stream, timestamp, bytes}}) => [stream, timestamp, Buffer.from(bytes).toString('latin1')]), [
		['stdout', timeOf(0), 'one\n'],
		['stderr', timeOf(1), 'err\n'],
		['stdout', timeOf(2), 'be'],
		['stderr', timeOf(3), 'tween'],
		['stdout', timeOf(4), 'gin\n'],
		['stdout', timeOf(5), '\n'],
		['stdout', timeOf(7), '\u{FF}\u{C3}(\u{0}\u{1B}\n'],
		['stderr', timeOf(8), 'end\n'],
	]);
});

test('a log may come in any two pieces, and byte by byte', t => {
	const whole = parse([short]);
	for (let cut = 0; cut <= short.length; cut++) {
		t.deepEqual(parse([short.subarray(0, cut), short.subarray(cut)]), whole);
	}

	t.deepEqual(parse(cutInto(short, () => 1)), whole);
});

test('random logs in random pieces, with the offsets of their records', t => {
	for (let seed = 1; seed <= 60; seed++) {
		const random = createRandom(seed);
		const [largest, unusual] = random.pick([[3, 10_000], [50, 10_000], [1000, 30], [70_000, 30], [1_000_000, 30]] as const);
		const log = randomLog(random, 200, {unusual});
		const records = parse(cutInto(log, () => random.below(largest)), 1000);
		const expected = readWhole(log);
		t.is(difference(entriesOf(records), joined(expected)), undefined, `seed ${seed}`);
		t.deepEqual([...new Set(records.map(({offset}) => offset))], expected.filter(({bytes}) => bytes.length > 0).map(({offset}) => 1000 + offset), `seed ${seed}`);
	}
});

test('a log that begins in the middle of a record loses only that one', t => {
	const whole = readWhole(short);
	for (const from of [1, 20, 35, 39]) {
		const later = whole.filter(({offset}) => offset >= from);
		t.deepEqual(entriesOf(parse([short.subarray(from)])), joined(later));
	}
});

test('a line of 100 kB and one of 5 MB come whole, between others, without being kept', t => {
	for (const length of [100_000, 5_000_000]) {
		const content = Buffer.alloc(length, 'abcdefghij');
		const log = Buffer.concat([recordOf('before'), recordOf(content, {second: 1}), recordOf(content, {stream: 'stderr', tag: 'P', second: 2}), recordOf('after', {second: 3})]);
		const records = parse(cutInto(log, () => 65_536));
		const largest = Math.max(...records.map(({entry}) => entry.bytes.length));
		t.true(largest <= 128 * 1024, `a piece of ${largest} bytes`);
		t.is(difference(entriesOf(records), joined(readWhole(log))), undefined);
		t.deepEqual([...new Set(records.map(({offset}) => offset))], readWhole(log).map(({offset}) => offset));
	}
});

test('5 MB that are no record are passed over', t => {
	const log = Buffer.concat([recordOf('before'), Buffer.alloc(5_000_000, 'x'), Buffer.of(10), recordOf('after', {second: 1})]);
	t.deepEqual(entriesOf(parse(cutInto(log, () => 65_536))), [`${timeOf(0)} stdout before\n`, `${timeOf(1)} stdout after\n`]);
});

test('a last record without its end does not come out, unless it is too long to wait for', t => {
	t.deepEqual(parse([recordOf('half').subarray(0, -1)]), []);
	const parser = createLogParser();
	const long = recordOf(Buffer.alloc(100_000, 'x')).subarray(0, -1);
	t.is([...parser.push(long)].length, 1);
	t.deepEqual([...parser.push(Buffer.from('y\n'))].map(({entry}) => Buffer.from(entry.bytes).toString()), ['y\n']);
});

test('times of any zone are those of UTC', t => {
	const timeAt = (time: string) => parse([Buffer.from(`${time} stdout F x\n`)])[0]?.entry.timestamp;
	t.is(timeAt('2024-01-01T00:30:00.123456789Z'), '2024-01-01T00:30:00.123456789Z');
	t.is(timeAt('2024-01-01T00:30:00.123456789+00:00'), '2024-01-01T00:30:00.123456789Z');
	t.is(timeAt('2024-01-01T00:30:00.123456789+01:00'), '2023-12-31T23:30:00.123456789Z');
	t.is(timeAt('2024-02-29T22:30:00.000000001-05:45'), '2024-03-01T04:15:00.000000001Z');
});

test('what only looks like a record is none', t => {
	const good = '2024-01-01T00:00:00.000000000+00:00 stdout F x\n';
	t.is(parse([Buffer.from(good)]).length, 1);
	const spoilt = [
		good.replace(' stdout', '  stdout'),
		good.replace('stdout', 'stdin'),
		good.replace(' F ', ' f '),
		good.replace(' F ', ' F'),
		good.replace('T', ' '),
		good.replace('.000000000', '.00000000'),
		good.replace('-01-01', '-13-01'),
		good.replace('-01-01', '-01-32'),
		good.replace('T00', 'T24'),
		good.replace(':00:00.', ':60:00.'),
		good.replace('+00:00', '+0000'),
		good.replace('+00:00', '+25:00'),
		` ${good}`,
		good.replace('2024', '\u{0}024'),
	];
	for (const line of spoilt) {
		t.deepEqual(parse([Buffer.from(line)]), [], line);
	}
});

test('moments as entries have them sort as text', t => {
	t.is(timestampOf(0), '1970-01-01T00:00:00.000000000Z');
	t.is(timestampOf(1_704_067_200_123.5), '2024-01-01T00:00:00.123500000Z');
	t.is(timestampOf(-5), '1970-01-01T00:00:00.000000000Z');
	t.is(timestampOf(Number.MAX_SAFE_INTEGER).slice(0, 4), '9999');
	t.true(timestampOf(0.9999999) < timestampOf(1));
});
