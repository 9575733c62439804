import {Buffer} from 'node:buffer';
import {type LogEntry} from '../../../source/engine/resources.js';
import {type Random} from '../random.js';

export type Stream = LogEntry['stream'];

/** A time of the test's clock, as in records. */
export const stampOf = (second: number) => new Date(1_700_000_000_000 + (second * 1000)).toISOString().replace('Z', '000000+00:00');

/** The same time, as in entries. */
export const timeOf = (second: number) => stampOf(second).replace('+00:00', 'Z');

/** A record as the container monitor writes it. */
export const recordOf = (content: string | Uint8Array, {stream = 'stdout', tag = 'F', second = 0}: {stream?: Stream; tag?: 'F' | 'P'; second?: number} = {}): Buffer =>
	Buffer.concat([Buffer.from(`${stampOf(second)} ${stream} ${tag} `), Buffer.from(content), Buffer.of(10)]);

export type Expected = {
	readonly offset: number;
	readonly stream: Stream;
	readonly final: boolean;
	readonly timestamp: string;
	readonly bytes: Buffer;
};

/** Parses a whole log in the simplest way, as the reference for the other readers. */
export const readWhole = (log: Buffer): Expected[] => {
	const records: Expected[] = [];
	for (let offset = 0, end = log.indexOf(10); end !== -1; offset = end + 1, end = log.indexOf(10, offset)) {
		const line = log.subarray(offset, end + 1);
		const match = /^(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9})\+00:00 (?<stream>stdout|stderr) (?<tag>F|P) /v.exec(line.toString('latin1'));
		if (!match) {
			continue;
		}

		const {time, stream, tag} = match.groups!;
		const isFinal = tag === 'F';
		records.push({
			offset,
			stream: stream as Stream,
			final: isFinal,
			timestamp: `${time}Z`,
			bytes: line.subarray(match[0].length, isFinal ? undefined : -1),
		});
	}

	return records;
};

/** The records of the last lines, counted forwards: a line ends with a final record, or where its stream does. */
export const tailOf = (records: readonly Expected[], lines: number): Expected[] => {
	const complete: Expected[][] = [];
	const open = new Map<Stream, Expected[]>();
	for (const record of records) {
		const line = [...open.get(record.stream) ?? [], record];
		if (record.final) {
			complete.push(line);
			open.delete(record.stream);
		} else {
			open.set(record.stream, line);
		}
	}

	const all = [...complete, ...open.values()].toSorted((a, b) => a.at(-1)!.offset - b.at(-1)!.offset);
	return (lines === 0 ? [] : all.slice(-lines)).flat().toSorted((a, b) => a.offset - b.offset);
};

/** Entries as comparable text: pieces of one record are joined, and empty ones are dropped. */
export const joined = (entries: ReadonlyArray<Pick<LogEntry, 'stream' | 'timestamp' | 'bytes'>>): string[] => {
	const lines: Array<{head: string; bytes: Uint8Array[]}> = [];
	for (const {stream, timestamp, bytes} of entries) {
		const head = `${timestamp} ${stream} `;
		const last = lines.at(-1);
		if (last?.head === head && last.bytes.at(-1)!.at(-1) !== 10) {
			last.bytes.push(bytes);
		} else if (bytes.length > 0) {
			lines.push({head, bytes: [bytes]});
		}
	}

	return lines.map(({head, bytes}) => head + Buffer.concat(bytes).toString('latin1'));
};

const garbage = ['', ' ', 'no record', '2023-11-14T22:13:20.000000000+00:00', '2023-11-14T22:13:20.000000000+00:00 stdout', '2023-11-14T22:13:20.000000000+00:00 stdout X hello', '\u{0}\u{FF}'];

/** A random log of both streams, with partial records, garbage, arbitrary bytes and some long lines. */
export const randomLog = (random: Random, records: number, {unusual = 30}: {readonly unusual?: number} = {}): Buffer => {
	const pieces: Buffer[] = [];
	for (let second = 0; second < records; second++) {
		const stream = random.pick(['stdout', 'stderr'] as const);
		const tag = random.below(3) === 0 ? 'P' : 'F';
		const length = random.below(unusual) === 0 ? random.below(100_000) : random.below(60);
		const content = Buffer.from(Array.from({length: Math.min(length, 5000)}, () => random.pick([32, 65, 66, 0, 13, 27, 128, 255])));
		pieces.push(recordOf(length > 5000 ? Buffer.alloc(length, content) : content, {stream, tag, second}));
		if (random.below(unusual) === 0) {
			pieces.push(Buffer.from(`${random.pick(garbage)}\n`, 'latin1'));
		}
	}

	return Buffer.concat(pieces);
};

/** The first difference of two lists; undefined if they are equal. */
export const difference = (actual: readonly string[], expected: readonly string[]): string | undefined => {
	const index = Array.from({length: Math.max(actual.length, expected.length)}, (_, at) => at).find(at => actual[at] !== expected[at]);
	return index === undefined ? undefined : `${index} of ${expected.length}: ${actual[index]?.slice(0, 100)} instead of ${expected[index]?.slice(0, 100)}`;
};
