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
	/** Entries with the numbers of their lines. Entries of one stream up to a line feed are one line. */
	let kept: Array<{readonly entry: LogEntry; readonly line: number}> = [];
	/** Index in `kept` of the first entry that is not dropped, and how many entries were dropped before `kept`. */
	let head = 0;
	let dropped = 0;
	let bytes = 0;
	let lines = 0;
	const begun: Partial<Record<LogEntry['stream'], number>> = {};
	const wake = createWake();

	const append = (entry: LogEntry) => {
		lines += begun[entry.stream] === undefined ? 1 : 0;
		const line = begun[entry.stream] ?? lines;
		begun[entry.stream] = isLineEnd(entry) ? undefined : line;
		kept.push({entry, line});
		bytes += entry.bytes.length;
		while (kept.length - head > capacity.entries || (bytes > capacity.bytes && kept.length - head > 1)) {
			bytes -= kept[head]!.entry.bytes.length;
			head++;
		}

		if (head > 1024 && head > kept.length / 2) {
			kept = kept.slice(head);
			dropped += head;
			head = 0;
		}

		wake.notify();
	};

	async function * read({follow, tail = Infinity, since, until, signal, isEnded, ...streams}: ReadOptions): AsyncGenerator<LogEntry, void> {
		const from = since === undefined ? '' : timestampOf(since);
		const to = until === undefined ? '~' : timestampOf(until);
		const firstLine = (kept.findLast(({entry}) => entry.timestamp <= to)?.line ?? lines) - tail + 1;
		const last = dropped + kept.length;
		for (let position = 0; !signal?.aborted; position++) {
			const isWaiting = () => follow && position >= dropped + kept.length && !isEnded() && !signal?.aborted;
			while (isWaiting()) {
				await wake.wait(signal);
			}

			position = Math.max(position, dropped + head);
			const {entry, line = 0} = kept[position - dropped] ?? {};
			if (!entry || (position >= last && (!follow || entry.timestamp > to))) {
				return;
			}

			if (streams[entry.stream] !== false && line >= firstLine && entry.timestamp >= from && entry.timestamp <= to) {
				yield entry;
			}
		}
	}

	return {
		append, notify: wake.notify, read, entries: () => kept.slice(head).map(({entry}) => entry),
	};
};
