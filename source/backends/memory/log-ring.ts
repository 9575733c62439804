import type {LogOptions} from '../../engine/logs.js';
import type {LogEntry} from '../../engine/resources.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import {createWake} from '../../engine/wake.js';

/** How much a log keeps. The oldest entries are dropped. */
const logCapacity = {entries: 20_000, bytes: 4 * 1024 * 1024};

const lineFeed = 10;

const isLineEnd = ({bytes}: LogEntry): boolean => bytes.at(-1) === lineFeed;

/** The end of a container's log. */
export type LogRing = {
	readonly append: (entry: LogEntry) => void;
	/** Wakes followers to check whether the log has ended. */
	readonly notify: () => void;
	readonly read: (options: ReadOptions) => AsyncGenerator<LogEntry, void>;
	/** All entries that are kept. */
	readonly entries: () => readonly LogEntry[];
};

type ReadOptions = LogOptions & {
	/** Whether the log has ended. */
	readonly isEnded: () => boolean;
};

/** A log of at most `logCapacity` entries and bytes. */
export const createLogRing = (capacity = logCapacity): LogRing => {
	let kept: LogEntry[] = [];
	/** Index in `kept` of the first entry that is not dropped, and how many entries were dropped before `kept`. */
	let head = 0;
	let dropped = 0;
	let bytes = 0;
	const wake = createWake();

	const append = (entry: LogEntry) => {
		kept.push(entry);
		bytes += entry.bytes.length;
		while (kept.length - head > capacity.entries || (bytes > capacity.bytes && kept.length - head > 1)) {
			bytes -= kept[head]!.bytes.length;
			head++;
		}

		if (head > 1024 && head > kept.length / 2) {
			kept = kept.slice(head);
			dropped += head;
			head = 0;
		}

		wake.notify();
	};

	/** Where the last lines begin in each stream. Entries of one stream up to a line feed are one line. */
	const tailStart = (lines: number, until: string | undefined): Record<LogEntry['stream'], number> => {
		const end = dropped + kept.length;
		const start = {stdout: end, stderr: end};
		const unfinished = new Set<LogEntry['stream']>();
		let counted = 0;
		for (let index = kept.length - 1; index >= head; index--) {
			const entry = kept[index]!;
			if (until !== undefined && entry.timestamp > until) {
				continue;
			}

			if (isLineEnd(entry) || !unfinished.has(entry.stream)) {
				unfinished.delete(entry.stream);
				if (counted < lines) {
					counted++;
					unfinished.add(entry.stream);
				} else if (unfinished.size === 0) {
					break;
				}
			}

			if (unfinished.has(entry.stream)) {
				start[entry.stream] = dropped + index;
			}
		}

		return start;
	};

	async function * read({follow, tail, since, until, signal, isEnded, ...streams}: ReadOptions): AsyncGenerator<LogEntry, void> {
		const from = since === undefined ? undefined : timestampOf(since);
		const to = until === undefined ? undefined : timestampOf(until);
		const start = tail === undefined ? {stdout: 0, stderr: 0} : tailStart(tail, to);
		const isWanted = (position: number, {stream, timestamp}: LogEntry) =>
			streams[stream] !== false && position >= start[stream] && timestamp >= (from ?? '') && (to === undefined || timestamp <= to);

		const last = dropped + kept.length;
		for (let position = Math.min(start.stdout, start.stderr); !signal?.aborted;) {
			position = Math.max(position, dropped + head);
			const entry = kept[position - dropped];
			if (!entry) {
				if (!follow || isEnded()) {
					return;
				}

				await wake.wait(signal);
			} else if (!follow && position >= last) {
				return;
			} else {
				if (isWanted(position, entry)) {
					yield entry;
				} else if (to !== undefined && entry.timestamp > to && position >= last) {
					return;
				}

				position++;
			}
		}
	}

	return {
		append, notify: wake.notify, read, entries: () => kept.slice(head),
	};
};
