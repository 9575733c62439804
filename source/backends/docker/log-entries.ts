import {Buffer} from 'node:buffer';
import {createFrameDecoder} from '../../wire/frames.js';
import {HolmError} from '../../engine/errors.js';
import type {LogEntry} from '../../engine/resources.js';

const lineFeed = 10;
const space = 32;

/** Bound of a timestamp in bytes: RFC 3339 with nanoseconds has 30, with an offset instead of Z some more. */
const maximumStamp = 40;

/** Bytes; a longer line becomes several entries. */
const maximumEntryBytes = 256 * 1024;

type Decode = (chunk: Uint8Array) => LogEntry[];

const splitStamp = (bytes: Buffer): {readonly timestamp: string; readonly bytes: Buffer} => {
	const end = bytes.subarray(0, maximumStamp).indexOf(space);
	return end === -1
		? {timestamp: '', bytes}
		: {timestamp: bytes.subarray(0, end).toString(), bytes: bytes.subarray(end + 1)};
};

/** Decodes a multiplexed log with timestamps: one entry per frame. */
export const createEntryDecoder = (): Decode => {
	const decode = createFrameDecoder();
	let parts: Uint8Array[] = [];
	let length = 0;
	let timestamp: string | undefined;
	return chunk => decode(chunk).flatMap(({stream, bytes, isLast}) => {
		parts.push(bytes);
		length += bytes.length;
		if (!isLast && length < maximumEntryBytes) {
			return [];
		}

		const whole = Buffer.concat(parts);
		parts = [];
		length = 0;
		if (stream === 'error') {
			throw new HolmError('internal', whole.toString().trim());
		}

		const entry = timestamp === undefined ? splitStamp(whole) : {timestamp, bytes: whole};
		timestamp = isLast ? undefined : entry.timestamp;
		return [{stream, ...entry}];
	});
};

/** Decodes a terminal's log with a timestamp at the beginning of each line. Incomplete lines are passed on at once. */
export const createTerminalEntryDecoder = (): Decode => {
	let stamp: Buffer = Buffer.alloc(0);
	let timestamp: string | undefined;
	return chunk => {
		const entries: LogEntry[] = [];
		let rest: Buffer = Buffer.from(chunk);
		while (rest.length > 0) {
			if (timestamp === undefined) {
				stamp = Buffer.concat([stamp, rest]);
				if (stamp.length < maximumStamp && !stamp.includes(space)) {
					break;
				}

				const split = splitStamp(stamp);
				timestamp = split.timestamp;
				rest = split.bytes;
				stamp = Buffer.alloc(0);
				continue;
			}

			const end = rest.indexOf(lineFeed);
			const bytes = end === -1 ? rest : rest.subarray(0, end + 1);
			entries.push({stream: 'stdout', timestamp, bytes});
			rest = rest.subarray(bytes.length);
			timestamp = end === -1 ? timestamp : undefined;
		}

		return entries;
	};
};
