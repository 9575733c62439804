import {type LogEntry} from '../../engine/resources.js';
import {headerOf, maximumHeader} from '../../rules/containers/log-parser.js';

/** Reads up to `length` bytes at an offset of the log as a whole, across its files; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** The offset from which each stream's records belong to the tail. */
export type TailStart = Readonly<Record<LogEntry['stream'], number>>;

const blockSize = 64 * 1024;

/**
How far beyond the last line counted, and beyond each of its records, the record before it is looked for.

Only that record says whether a line begins where it seems to: one of a stream that said nothing else may be at the other end of the log.
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

/** The offset after the last record that is complete. */
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

/** Offsets and headers of the records before `end`, where one begins, from there to the beginning of the log; what is not a record is left out. */
const headersBackwards = async function * (readAt: ReadAt, end: number, until: string | undefined) {
	for (let blockEnd = end; blockEnd > 0;) {
		const blockStart = Math.max(blockEnd - blockSize, 0);
		// A record that begins at the very end of the block has its header in the block after it.
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
Finds where the last `lines` lines begin by reading backwards from the end, so that the cost depends on their length and not on the log's.

A line is all records of one stream up to a final one; lines of both streams count. Those stamped after `until` do not.
*/
export const findTail = async (readAt: ReadAt, size: number, lines: number, until?: string): Promise<TailStart> => {
	const end = await endOfRecords(readAt, size);
	// A record that is still being written belongs to what comes after the tail.
	const start = {stdout: end, stderr: end};
	/** Streams with a counted line whose first record has not been met. */
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
