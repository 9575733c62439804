import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../engine/resources.js';

/** One entry and the offset of its record, in bytes from the start of the log. */
export type LogRecord = {readonly offset: number; readonly entry: LogEntry};

/** The header of a record: `2024-01-01T00:00:00.000000000+00:00 stdout F `. */
export type RecordHeader = {
	readonly timestamp: string;
	readonly stream: 'stdout' | 'stderr';
	/** `false` if the line continues in the stream's next record. */
	readonly final: boolean;
	/** Bytes from the start of the record to its content. */
	readonly length: number;
};

/** Upper bound of a header's length in bytes. */
export const maximumHeader = 64;

/** Bytes of a record to buffer before its content is passed on in pieces. conmon itself writes at most 8 KiB per record. */
const maximumPiece = 64 * 1024;

const lineFeed = 10;

/** End of the year 9999; later timestamps do not sort as text. */
const lastMillisecond = 253_402_300_799_999;

const headerPattern = /^(?<seconds>\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))\.(?<nanoseconds>\d{9})(?<zone>Z|[+\-](?:[01]\d|2[0-3]):[0-5]\d) (?<stream>stdout|stderr) (?<tag>[FP]) /v;

/** RFC 3339 with nine digits of a second, in UTC. Timestamps of this form sort as text. */
const inUtc = (seconds: string, nanoseconds: string, zone: string) => {
	if (zone === 'Z' || zone === '+00:00') {
		return `${seconds}.${nanoseconds}Z`;
	}

	const time = Date.parse(`${seconds}${zone}`);
	return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}.${nanoseconds}Z`;
};

/** Formats milliseconds since the epoch like the entries' timestamps. */
export const timestampOf = (milliseconds: number): string => {
	const whole = Math.min(Math.max(Math.floor(milliseconds), 0), lastMillisecond);
	const nanoseconds = Math.max(Math.round((milliseconds - whole) * 1e6), 0);
	return `${new Date(whole).toISOString().slice(0, -1)}${String(Math.min(nanoseconds, 999_999)).padStart(6, '0')}Z`;
};

/** Cheap check before the regular expression: a guest may send millions of lines that are no records. */
const hasHeaderMarks = (bytes: Uint8Array) => bytes[4] === 0x2D && bytes[10] === 0x54 && bytes[19] === 0x2E;

/** Parses the header at the start of a record; undefined if there is none. */
export const headerOf = (bytes: Uint8Array): RecordHeader | undefined => {
	if (!hasHeaderMarks(bytes)) {
		return undefined;
	}

	const match = headerPattern.exec(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, maximumHeader)).toString('latin1'));
	if (!match?.groups) {
		return undefined;
	}

	const {seconds, nanoseconds, zone, stream, tag} = match.groups;
	const timestamp = inUtc(seconds!, nanoseconds!, zone!);
	return timestamp === undefined
		? undefined
		: {
			timestamp, stream: stream as RecordHeader['stream'], final: tag === 'F', length: match[0].length,
		};
};

/**
Parses a log in chunks of any size, from the offset `start` of a record on. Memory is bounded: an overlong record is passed on in pieces.

Content is passed on unchanged. Bytes that are no record, such as the tail of one whose beginning was rotated away, are dropped up to the next line feed. A last record without its line feed is incomplete and is not yielded.
*/
export const createLogParser = (start = 0) => {
	let kept: Uint8Array = new Uint8Array();
	/** Offset of `kept`, and of the record that it belongs to. */
	let offset = start;
	let recordOffset = start;
	/** The header of a record that was passed on in part. */
	let begun: RecordHeader | undefined;
	let isSkipping = false;

	/** The entry of a whole record, or of the rest of one. */
	const complete = (record: Uint8Array): LogRecord | undefined => {
		const header = begun ?? headerOf(record);
		if (isSkipping || !header) {
			return undefined;
		}

		const content = begun ? record : record.subarray(header.length);
		const bytes = header.final ? content : content.subarray(0, -1);
		return bytes.length === 0 ? undefined : {offset: recordOffset, entry: {stream: header.stream, timestamp: header.timestamp, bytes}};
	};

	/** A piece of a record that is too long to buffer to its end. */
	const overlong = (): LogRecord | undefined => {
		if (!isSkipping && !begun && kept.length >= maximumHeader) {
			begun = headerOf(kept);
			isSkipping = begun === undefined;
			kept = begun ? kept.subarray(begun.length) : kept;
		}

		const piece = kept;
		kept = new Uint8Array();
		return begun && piece.length > 0
			? {offset: recordOffset, entry: {stream: begun.stream, timestamp: begun.timestamp, bytes: piece}}
			: undefined;
	};

	return {
		/**
		The chunk must not change afterwards: entries are views of it.

		@yields Every record that the chunk completes.
		*/
		* push(chunk: Uint8Array): Generator<LogRecord, void> {
			const data = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
			offset -= kept.length;
			let from = 0;
			for (let end = data.indexOf(lineFeed); end !== -1; end = data.indexOf(lineFeed, from)) {
				const record = complete(data.subarray(from, end + 1));
				from = end + 1;
				recordOffset = offset + from;
				begun = undefined;
				isSkipping = false;
				if (record) {
					yield record;
				}
			}

			kept = data.subarray(from);
			offset += data.length;
			if (kept.length > maximumPiece || (isSkipping && kept.length > 0)) {
				const record = overlong();
				if (record) {
					yield record;
				}
			}
		},
	};
};
