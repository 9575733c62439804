import {type LogEntry} from '../../resources.js';
import {headerOf, maximumHeader} from './log-parser.js';

/** Reads up to `length` bytes at an offset of the log as a whole, across its files; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** The offset from which each stream's records belong to the tail. */
export type TailStart = Readonly<Record<LogEntry['stream'], number>>;

const blockSize = 64 * 1024;

/** How far beyond the last line counted the beginnings of lines are looked for whose ends were counted. */
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

/** Offsets and headers of the complete records, from the end of the log to its beginning; what is not a record is left out. */
const headersBackwards = async function * (readAt: ReadAt, size: number, until: string | undefined) {
	let isComplete = false;
	for (let blockEnd = size; blockEnd > 0;) {
		const blockStart = Math.max(blockEnd - blockSize, 0);
		// A record that begins at the very end of the block has its header in the block after it.
		const bytes = await readAt(blockStart, Math.min(blockEnd + maximumHeader, size) - blockStart);
		const starts = recordStarts(bytes, blockEnd - blockStart);
		const isLast = blockStart === 0;
		// What follows the last line feed is still being written.
		const completeStarts = [...(isComplete ? starts : starts.slice(1)), ...(isLast && (isComplete || starts.length > 0) ? [0] : [])];
		isComplete ||= starts.length > 0;
		for (const start of completeStarts) {
			const header = headerOf(bytes.subarray(start, start + maximumHeader));
			if (header && (until === undefined || header.timestamp <= until)) {
				yield {offset: blockStart + start, header};
			}
		}

		blockEnd = blockStart;
	}
};

/**
Finds where the last `lines` lines begin by reading backwards from the end, so that the cost depends on their length and not on the log's.

A line is all records of one stream up to a final one; lines of both streams count. Those stamped after `until` do not.
*/
export const findTail = async (readAt: ReadAt, size: number, lines: number, until?: string): Promise<TailStart> => {
	const start = {stdout: size, stderr: size};
	/** Streams with a counted line whose first record has not been met. */
	const unfinished = new Set<LogEntry['stream']>();
	let counted = 0;
	let giveUpBelow = 0;
	for await (const {offset, header: {stream, final}} of headersBackwards(readAt, size, until)) {
		if (offset < giveUpBelow) {
			break;
		}

		const isEndsLine = final || !unfinished.has(stream);
		if (isEndsLine) {
			unfinished.delete(stream);
			if (counted < lines) {
				counted += 1;
				unfinished.add(stream);
			} else if (unfinished.size === 0) {
				break;
			}
		}

		if (counted === lines && giveUpBelow === 0) {
			giveUpBelow = offset - beginningsWithin;
		}

		if (unfinished.has(stream)) {
			start[stream] = offset;
		}
	}

	return start;
};
