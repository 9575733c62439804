import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../engine/resources.js';
import {timestampOf} from '../../rules/containers/log-parser.js';

type Stream = LogEntry['stream'];

/** Until which byte of a stream had arrived when. */
export type Stamp = {readonly stream: Stream; readonly end: number; readonly time: number};

/** Reads lines such as `stdout 120 1764520000000`; others are left out. */
export const parseStamps = (text: string): readonly Stamp[] => text.split('\n').flatMap(line => {
	const {stream, end, time} = /^(?<stream>stdout|stderr) (?<end>\d{1,15}) (?<time>\d{1,15})$/v.exec(line)?.groups ?? {};
	return stream === undefined ? [] : [{stream: stream as Stream, end: Number(end), time: Number(time)}];
});

const lineFeed = 10;

/** The lines of a stream from an offset on, each with the offset of its end; a last one without a line feed only if `isWhole`. */
const linesOf = (bytes: Uint8Array, start: number, isWhole: boolean): ReadonlyArray<{readonly bytes: Uint8Array; readonly end: number}> => {
	const lines = [];
	let from = 0;
	for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, from)) {
		lines.push({bytes: bytes.subarray(from, at + 1), end: start + at + 1});
		from = at + 1;
	}

	return isWhole && from < bytes.length ? [...lines, {bytes: bytes.subarray(from), end: start + bytes.length}] : lines;
};

export type LogPart = {
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** Offsets of these bytes. */
	readonly from: Readonly<Record<Stream, number>>;
	/** All stamps so far, in the order in which they were written. */
	readonly stamps: readonly Stamp[];
	/** For what has no stamp, in milliseconds. */
	readonly otherwise: number;
	/** No more bytes will come. */
	readonly isWhole: boolean;
};

export type LogLines = {
	readonly entries: readonly LogEntry[];
	/** Up to where the lines are. */
	readonly ends: Readonly<Record<Stream, number>>;
};

/** The lines of a part of a log, of both streams in the order in which they arrived. */
export const linesOfPart = ({stdout, stderr, from, stamps, otherwise, isWhole}: LogPart): LogLines => {
	const found = (['stdout', 'stderr'] as const).flatMap(stream => {
		const own = stamps.map((stamp, order) => ({...stamp, order})).filter(stamp => stamp.stream === stream);
		let position = 0;
		return linesOf(stream === 'stdout' ? stdout : stderr, from[stream], isWhole).map(({bytes, end}) => {
			while (position < own.length && own[position]!.end < end) {
				position++;
			}

			const stamp = own[position];
			return {stream, bytes, end, time: stamp?.time ?? Math.max(otherwise, own.at(-1)?.time ?? 0), order: stamp?.order ?? Infinity};
		});
	});
	// A sort keeps the order of equals.
	const sorted = found.toSorted((one, other) => one.order === other.order ? 0 : one.order - other.order);
	let last = 0;
	const entries = sorted.map(({stream, bytes, time}): LogEntry => {
		last = Math.max(last, time);
		return {stream, timestamp: timestampOf(last), bytes: Buffer.from(bytes)};
	});
	const endOf = (stream: Stream) => found.findLast(line => line.stream === stream)?.end ?? from[stream];
	return {entries, ends: {stdout: endOf('stdout'), stderr: endOf('stderr')}};
};
