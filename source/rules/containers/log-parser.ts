import {Buffer} from 'node:buffer';
import {type LogEntry} from '../../engine/resources.js';

/** One entry and where its record begins, in bytes from the start of what was parsed. */
export type LogRecord = {readonly offset: number; readonly entry: LogEntry};

/** What a record begins with: `2024-01-01T00:00:00.000000000+00:00 stdout F `. */
export type RecordHeader = {
	readonly timestamp: string;
	readonly stream: 'stdout' | 'stderr';
	/** `false` for a piece whose line goes on in the stream's next record. */
	readonly final: boolean;
	/** Bytes from the start of the record to its content. */
	readonly length: number;
};

/** Bytes within which a header ends, with room to spare. */
export const maximumHeader = 64;

/** Bytes of a record that are waited for before its content is handed on in pieces. conmon itself writes at most 8 KiB in a record. */
const maximumPiece = 64 * 1024;

const lineFeed = 10;

/** Of the year 9999, beyond which timestamps no longer sort as text. */
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

/** A moment in milliseconds since the epoch in the form of the entries' timestamps. */
export const timestampOf = (milliseconds: number): string => {
	const whole = Math.min(Math.max(Math.floor(milliseconds), 0), lastMillisecond);
	const nanoseconds = Math.max(Math.round((milliseconds - whole) * 1e6), 0);
	return `${new Date(whole).toISOString().slice(0, -1)}${String(Math.min(nanoseconds, 999_999)).padStart(6, '0')}Z`;
};

/** Whether it is worth looking closer: a guest may send millions of lines that are no records. */
const hasHeaderMarks = (bytes: Uint8Array) => bytes[4] === 0x2D && bytes[10] === 0x54 && bytes[19] === 0x2E;

/** Reads the header at the start of a record; undefined when there is none. */
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
Takes a log apart from the offset `start` on, where a record begins, as it comes and in any cut, and keeps no more of a record in memory than is waited for, however long the record is.

Bytes are passed on as they are. What is not a record, such as the rest of one whose beginning was rotated away, is dropped up to the next line feed. A last record without its line feed is not complete and never comes out.
*/
export const createLogParser = (start = 0) => {
	let kept: Uint8Array = new Uint8Array();
	/** Offset of `kept`, and of the record that it belongs to. */
	let offset = start;
	let recordOffset = start;
	/** The header of a record that was handed on in part. */
	let begun: RecordHeader | undefined;
	let isSkipping = false;

	/** What a whole record, or the end of one, says; `end` is the offset after its line feed. */
	const complete = (record: Uint8Array): LogRecord | undefined => {
		const header = begun ?? headerOf(record);
		if (isSkipping || !header) {
			return undefined;
		}

		const content = begun ? record : record.subarray(header.length);
		const bytes = header.final ? content : content.subarray(0, -1);
		return bytes.length === 0 ? undefined : {offset: recordOffset, entry: {stream: header.stream, timestamp: header.timestamp, bytes}};
	};

	/** A piece of a record whose end has not come yet, once it is too long to wait for. */
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
