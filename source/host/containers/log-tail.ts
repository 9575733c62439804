import type {LogEntry} from '../../engine/resources.js';
import {headerOf, maximumHeader} from '../../rules/containers/log-parser.js';

/** Reads up to `length` bytes at an offset across all files of the log; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** For each stream, the offset at which its tail begins. */
export type TailStart = Readonly<Record<LogEntry['stream'], number>>;

const blockSize = 64 * 1024;

/**
How far before the first counted line, and before each of its records, the search for an earlier record goes.

Only the previous record of a stream shows where a line begins, and it may be at the other end of the log.
*/
const beginningsWithin = 256 * 1024;

const lineFeed = 10;

/** Positions after the line feeds among the first `length` bytes, last first. */
const recordStarts = (bytes: Uint8Array, length: number): number[] => {
	const starts: number[] = [];
	for (let at = length; at > 0;) {
		at = bytes.lastIndexOf(lineFeed, at - 1);
		if (at === -1) {
			break;
		}

		starts.push(at + 1);
	}

	return starts;
};

/** The offset after the last complete record. */
const endOfRecords = async (readAt: ReadAt, size: number): Promise<number> => {
	for (let blockEnd = size; blockEnd > 0;) {
		const blockStart = Math.max(blockEnd - blockSize, 0);
		const bytes = await readAt(blockStart, blockEnd - blockStart);
		const last = bytes.lastIndexOf(lineFeed);
		if (last !== -1) {
			return blockStart + last + 1;
		}

		blockEnd = blockStart;
	}

	return 0;
};

/** Offsets and headers of the records before `end`, last first. What is not a record is skipped. */
const headersBackwards = async function * (readAt: ReadAt, end: number, until: string | undefined) {
	for (let blockEnd = end; blockEnd > 0;) {
		const blockStart = Math.max(blockEnd - blockSize, 0);
		// The header of a record at the end of the block may reach into the next block.
		const bytes = await readAt(blockStart, Math.min(blockEnd + maximumHeader, end) - blockStart);
		const starts = recordStarts(bytes, blockEnd - blockStart);
		for (const start of blockStart === 0 ? [...starts, 0] : starts) {
			const header = headerOf(bytes.subarray(start, start + maximumHeader));
			if (header && (until === undefined || header.timestamp <= until)) {
				yield {offset: blockStart + start, header};
			}
		}

		blockEnd = blockStart;
	}
};

/**
Finds where the last `lines` lines begin. It reads backwards, so the cost depends on the length of those lines, not of the log.

A line is all records of one stream up to a final one. Lines of both streams count; lines stamped after `until` do not.
*/
export const findTail = async (readAt: ReadAt, size: number, lines: number, until?: string): Promise<TailStart> => {
	const end = await endOfRecords(readAt, size);
	// A record that is still being written belongs to what comes after the tail.
	const start = {stdout: end, stderr: end};
	/** Streams with a counted line whose first record has not been found yet. */
	const unfinished = new Set<LogEntry['stream']>();
	let counted = 0;
	let giveUpBelow = 0;
	for await (const {offset, header: {stream, final}} of headersBackwards(readAt, end, until)) {
		if (offset < giveUpBelow) {
			break;
		}

		const isLineEnd = final || !unfinished.has(stream);
		if (isLineEnd) {
			unfinished.delete(stream);
			if (counted < lines) {
				counted += 1;
				unfinished.add(stream);
			} else if (unfinished.size === 0) {
				break;
			}
		}

		if (counted === lines && (giveUpBelow === 0 || unfinished.has(stream))) {
			giveUpBelow = offset - beginningsWithin;
		}

		if (unfinished.has(stream)) {
			start[stream] = offset;
		}
	}

	return start;
};
