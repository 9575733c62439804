import {Buffer} from 'node:buffer';
import test from 'ava';
import {createFrameDecoder, encodeFrame} from '../../source/wire/frames.js';
import {createStdinDecoder, encodeStdin} from '../../source/wire/stdin-frames.js';
import {createEntryDecoder, createTerminalEntryDecoder} from '../../source/backends/docker/log-entries.js';

const chunksOf = (bytes: Uint8Array, size: number) =>
	Array.from({length: Math.ceil(bytes.length / size)}, (_, index) => bytes.subarray(index * size, (index + 1) * size));

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('a frame is what Docker\'s stdcopy writes', t => {
	t.deepEqual([...encodeFrame('stdout', Buffer.from('ab'))], [1, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
	t.deepEqual([...encodeFrame('stderr', new Uint8Array(300)).subarray(0, 8)], [2, 0, 0, 0, 0, 0, 1, 44]);
});

test('frames are read however they are cut', t => {
	const wire = Buffer.concat([
		encodeFrame('stdout', Buffer.from('first')),
		encodeFrame('stderr', Buffer.from('second')),
		encodeFrame('stdout', new Uint8Array()),
		encodeFrame('stdout', Buffer.from('third')),
	]);
	for (let size = 1; size <= wire.length; size++) {
		const decode = createFrameDecoder();
		const read: Record<string, string> = {stdout: '', stderr: ''};
		let ends = 0;
		for (const chunk of chunksOf(wire, size)) {
			for (const {stream, bytes, isLast} of decode(chunk)) {
				read[stream] += text(bytes);
				ends += isLast ? 1 : 0;
			}
		}

		t.deepEqual(read, {stdout: 'firstthird', stderr: 'second'}, `pieces of ${size}`);
		t.is(ends, 3);
	}
});

test('a frame that claims four gigabytes is handed on as it comes', t => {
	const decode = createFrameDecoder();
	const [piece] = decode(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255, 97]));
	t.is(text(piece!.bytes), 'a');
	t.false(piece!.isLast);
});

test('a stream that is none of Docker\'s is refused', t => {
	const decode = createFrameDecoder();
	t.throws(() => decode(Buffer.from('HTTP/1.1 500')), {code: 'internal', message: /unknown stream 72/v});
});

test('framed input is read however it is cut, and an empty piece is its end', t => {
	const wire = Buffer.concat([encodeStdin(Buffer.from('ab')), encodeStdin(Buffer.from('c'.repeat(300))), encodeStdin(new Uint8Array())]);
	for (const size of [1, 2, 3, 4, 5, 7, 100, wire.length]) {
		const decode = createStdinDecoder();
		const pieces = chunksOf(wire, size).flatMap(chunk => decode(chunk));
		t.is(pieces.map(piece => text(piece)).join(''), `ab${'c'.repeat(300)}`);
		t.is(pieces.filter(({length}) => length === 0).length, 1);
		t.is(pieces.at(-1)?.length, 0);
	}
});

const stamp = '2026-02-25T12:00:00.123456789Z';

test('each frame of a log is an entry with its time', t => {
	const wire = Buffer.concat([
		encodeFrame('stdout', Buffer.from(`${stamp} one two\n`)),
		encodeFrame('stderr', Buffer.from(`${stamp} \n`)),
		encodeFrame('stdout', Buffer.from(`${stamp} partial`)),
	]);
	for (const size of [1, 9, wire.length]) {
		const decode = createEntryDecoder();
		const entries = chunksOf(wire, size).flatMap(chunk => decode(chunk));
		t.deepEqual(entries.map(({stream, timestamp, bytes}) => [stream, timestamp, text(bytes)]), [
			['stdout', stamp, 'one two\n'],
			['stderr', stamp, '\n'],
			['stdout', stamp, 'partial'],
		]);
	}
});

test('a log line of megabytes becomes several entries of one time', t => {
	const line = 'x'.repeat(1_000_000);
	const decode = createEntryDecoder();
	const entries = chunksOf(encodeFrame('stdout', Buffer.from(`${stamp} ${line}\n`)), 65_536).flatMap(chunk => decode(chunk));
	t.true(entries.length > 1);
	t.true(entries.every(({timestamp, bytes}) => timestamp === stamp && bytes.length < 400_000));
	t.is(entries.map(({bytes}) => text(bytes)).join(''), `${line}\n`);
});

test('the engine\'s own word in a log is an error', t => {
	t.throws(() => createEntryDecoder()(encodeFrame('error', Buffer.from('the log is gone\n'))), {message: 'the log is gone', code: 'internal'});
});

test('a terminal\'s log is cut at its lines, and what has no end yet is not held back', t => {
	const decode = createTerminalEntryDecoder();
	const read = (chunk: string) => decode(Buffer.from(chunk)).map(({timestamp, bytes}) => [timestamp, text(bytes)]);
	t.deepEqual(read(`${stamp} one\r\n${stamp} $ `), [[stamp, 'one\r\n'], [stamp, '$ ']]);
	t.deepEqual(read('ls\r\n'), [[stamp, 'ls\r\n']]);
	t.deepEqual(read(stamp.slice(0, 7)), []);
	t.deepEqual(read(`${stamp.slice(7)} x\n`), [[stamp, 'x\n']]);
	t.deepEqual(read(`${'y'.repeat(50)}\n`), [['', `${'y'.repeat(50)}\n`]]);
});
