import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';
import type {LogEntry} from '../../engine/resources.js';
import {createLineJoiner, decodeLine, type JoinedLine} from './decode.js';
import {createLogBuffer, type LogBuffer, type LogLine} from './log-buffer.js';

export type LogTarget = {
	readonly id: string;
	readonly name: string;
	/** Changes when the container restarts; milliseconds since the epoch. */
	readonly startedAt: number;
	readonly isRunning: boolean;
	/** Follows the boot log of the VM instead of the container's log. */
	readonly isBoot: boolean;
};

export type Logs = {
	readonly buffer: LogBuffer;
	/** Grows with every batch of lines. */
	readonly version: () => number;
	readonly subscribe: (listener: () => void) => () => void;
	readonly targets: () => readonly LogTarget[];
	/** Follows exactly these targets; streams that are open continue. `since` is in milliseconds since the epoch. */
	readonly follow: (engine: Engine, targets: readonly LogTarget[], since?: number) => void;
	/** Keeps the lines in memory while paused. On resume, reads the last lines again if some were skipped. */
	readonly pause: (isPaused: boolean) => void;
	/** Reads lines older than the buffer's first into the buffer and resolves with their number. */
	readonly loadOlder: (engine: Engine) => Promise<number>;
	/** Drops all lines and targets, for a switch of engines. */
	readonly reset: () => void;
	readonly stop: () => void;
};

/** Lines of each container that are read at first. */
export const firstTail = 1000;
const olderTail = 1000;
/** Milliseconds to collect lines before a render. */
const batchDelay = 120;
/** The same for the first lines of a newly opened log. */
const firstDelay = 20;
// Lines read before yielding to the event loop, so that keys are handled during a flood of lines.
const linesPerTurn = 500;

type Stream = {controller: AbortController; target: LogTarget; isEnded: boolean; last: string};

const toLine = (source: number, {stream, timestamp}: LogEntry, {bytes, cutBytes}: JoinedLine): LogLine => {
	const {text, runs} = decodeLine(bytes);
	return {source, stream, timestamp, text, ...(runs && {runs}), ...((cutBytes > 0) && {cutBytes})};
};

/** Gives keys and timers their turn. */
export const immediate = async () => new Promise<void>(resolve => {
	setImmediate(resolve);
});

const byTimestamp = (lines: LogLine[]): LogLine[] =>
	lines.toSorted((a, b) => Number(a.timestamp > b.timestamp) - Number(a.timestamp < b.timestamp));

/** The engine's `bootLog`; throws `unsupported` if it has none. */
export const bootLogOf = ({bootLog}: Engine): NonNullable<Engine['bootLog']> => {
	if (!bootLog) {
		throw new HolmError('unsupported', 'this engine has no boot logs');
	}

	return bootLog;
};

/** Follows the logs of one or several containers in one buffer of `capacity` lines. */
export const createLogs = (capacity: number): Logs => {
	const buffer = createLogBuffer(capacity);
	const listeners = new Set<() => void>();
	const streams = new Map<string, Stream>();
	let targets: readonly LogTarget[] = [];
	let since: number | undefined;
	let pending: LogLine[] = [];
	let timer: NodeJS.Timeout | undefined;
	let gatherFor = batchDelay;
	let version = 0;

	const notify = () => {
		version++;
		for (const listener of listeners) {
			listener();
		}
	};

	const flush = () => {
		timer = undefined;
		gatherFor = batchDelay;
		const lines = targets.length > 1 ? byTimestamp(pending) : pending;
		pending = [];
		buffer.push(lines);
		notify();
	};

	const add = (line: LogLine) => {
		pending.push(line);
		timer ??= setTimeout(flush, gatherFor);
		// A batch larger than the buffer is flushed early.
		if (pending.length > capacity) {
			clearTimeout(timer);
			flush();
		}
	};

	const run = async (engine: Engine, stream: Stream, source: number) => {
		const {controller: {signal}, target} = stream;
		const from = stream.last;
		const joiners = {stdout: createLineJoiner(), stderr: createLineJoiner()};
		let lines = 0;
		try {
			const options = from === '' ? {tail: firstTail, since} : {since: Date.parse(from)};
			const entries = target.isBoot
				? bootLogOf(engine)(target.id, {follow: true, signal})
				: engine.logs(target.id, {...options, follow: true, stdout: true, stderr: true, signal});
			for await (const entry of entries) {
				if (signal.aborted) {
					return;
				}

				const line = joiners[entry.stream](entry.bytes);
				// After a reconnect the lines of the last millisecond come twice.
				if (line && (target.isBoot || entry.timestamp > from)) {
					stream.last = entry.timestamp;
					add(toLine(source, entry, line));
				}

				lines++;
				if (lines % linesPerTurn === 0) {
					await immediate();
				}
			}
		} catch {
			// The container or the engine is gone; `follow` starts the stream again.
		} finally {
			stream.isEnded = true;
		}
	};

	const stopAll = () => {
		for (const {controller} of streams.values()) {
			controller.abort();
		}

		streams.clear();
		clearTimeout(timer);
		timer = undefined;
		pending = [];
	};

	const start = (engine: Engine, target: LogTarget, last: string) => {
		const stream: Stream = {controller: new AbortController(), target, isEnded: false, last};
		streams.set(target.id, stream);
		void run(engine, stream, targets.findIndex(({id}) => id === target.id));
	};

	return {
		buffer,
		version: () => version,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		targets: () => targets,
		follow(engine, wanted, from) {
			const isSame = from === since
				&& wanted.length === targets.length
				&& wanted.every(({id, isBoot}, index) => targets[index]!.id === id && targets[index]!.isBoot === isBoot);
			targets = wanted;
			if (!isSame) {
				stopAll();
				since = from;
				gatherFor = firstDelay;
				buffer.clear();
				notify();
			}

			for (const target of wanted) {
				const stream = streams.get(target.id);
				if (!stream) {
					start(engine, target, '');
				} else if (stream.isEnded && (target.isRunning || target.startedAt !== stream.target.startedAt)) {
					// Boot logs have no usable timestamps, so they are read from the start again.
					if (target.isBoot) {
						buffer.clear();
						notify();
					}

					start(engine, target, stream.last);
				}
			}
		},
		pause(isPaused) {
			buffer.hold(isPaused);
			if (!isPaused && buffer.skipped() > 0) {
				stopAll();
				buffer.clear();
				notify();
			}
		},
		async loadOlder(engine) {
			const oldest = buffer.get(buffer.first())?.timestamp;
			if (oldest === undefined) {
				return 0;
			}

			const found: LogLine[] = [];
			await Promise.all(targets.filter(({isBoot}) => !isBoot).map(async ({id}, source) => {
				const joiners = {stdout: createLineJoiner(), stderr: createLineJoiner()};
				for await (const entry of engine.logs(id, {tail: olderTail, until: Date.parse(oldest), stdout: true, stderr: true})) {
					const line = joiners[entry.stream](entry.bytes);
					if (line && entry.timestamp < oldest) {
						found.push(toLine(source, entry, line));
					}
				}
			}));
			buffer.prepend(byTimestamp(found));
			notify();
			return found.length;
		},
		reset() {
			stopAll();
			targets = [];
			buffer.clear();
			notify();
		},
		stop() {
			stopAll();
			targets = [];
		},
	};
};
