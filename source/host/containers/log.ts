import {Buffer} from 'node:buffer';
import type {LogOptions} from '../../engine/logs.js';
import {type LogEntry} from '../../engine/resources.js';
import {createLogParser, timestampOf} from '../../rules/containers/log-parser.js';
import {closeAll, openLog} from './log-files.js';
import {followChunks, readChunks} from './log-follow.js';
import {findTail, type TailStart} from './log-tail.js';

export type ReadLogOptions = LogOptions & {
	/** For `follow`: aborts when the log will not grow any more, because its container ended or was removed. */
	readonly ended?: AbortSignal;
	/** Called when it is settled where the reading begins: whatever is written from then on is read. */
	readonly onBegin?: () => void;
};

/** Node's timers take no longer delay. */
const maximumTimeout = (2 ** 31) - 1;

/** When a follower has nothing more to wait for. Made by hand: of a timer's signal that is only part of another one, nothing is left after a garbage collection. */
const watchEnd = ({ended, until}: ReadLogOptions) => {
	const controller = new AbortController();
	const end = () => {
		controller.abort();
	};

	ended?.addEventListener('abort', end);
	if (ended?.aborted) {
		end();
	}

	const left = until === undefined ? Infinity : Math.max(until - Date.now(), 0);
	const timer = left <= maximumTimeout ? setTimeout(end, Math.ceil(left)) : undefined;
	return {
		signal: controller.signal,
		[Symbol.dispose]() {
			clearTimeout(timer);
			ended?.removeEventListener('abort', end);
		},
	};
};

const openWithSizes = async (live: string) => {
	const files = await openLog(live);
	try {
		return await Promise.all(files.map(async file => {
			const {size} = await file.handle.stat();
			return {...file, size};
		}));
	} catch (error) {
		await closeAll(files);
		throw error;
	}
};

/**
Reads a container's log, whose live file is given, with the files that were rotated away.

Entries come in the order in which they left the container. `tail` counts lines of both streams, before `since` and the choice of streams are applied, as Docker does; `stdout` and `stderr` are on unless they are false. An entry stamped exactly `since` or `until` is included. Aborting `signal` ends the reading without an error. A log that was never written is empty.

@yields Lines, and pieces of lines that came without their end.
*/
export const readLog = async function * (live: string, options: ReadLogOptions = {}): AsyncGenerator<LogEntry, void> {
	const {follow, tail, signal} = options;
	const since = options.since === undefined ? undefined : timestampOf(options.since);
	const until = options.until === undefined ? undefined : timestampOf(options.until);
	using ended = follow ? watchEnd(options) : undefined;
	const files = await openWithSizes(live);
	try {
		const size = files.reduce((sum, file) => sum + file.size, 0);
		const readAt = async (offset: number, length: number) => {
			const chunks = await Array.fromAsync(readChunks(files, offset, length));
			return Buffer.concat(chunks);
		};

		const start: TailStart = tail === undefined ? {stdout: 0, stderr: 0} : await findTail(readAt, size, tail, until);
		const begin = Math.min(start.stdout, start.stderr);
		options.onBegin?.();
		const parser = createLogParser(begin);
		const isWanted = (offset: number, {stream, timestamp}: LogEntry) =>
			options[stream] !== false
			&& offset >= start[stream]
			&& (since === undefined || timestamp >= since)
			&& (until === undefined || timestamp <= until);

		for await (const chunk of readChunks(files, begin, size - begin, signal)) {
			for (const {offset, entry} of parser.push(chunk)) {
				if (isWanted(offset, entry)) {
					yield entry;
				}
			}
		}

		if (!ended) {
			return;
		}

		const last = files.at(-1);
		await closeAll(files.slice(0, -1));
		for await (const chunk of followChunks(live, last, last?.size ?? 0, {signal, ended: ended.signal})) {
			for (const {offset, entry} of parser.push(chunk)) {
				if (isWanted(offset, entry)) {
					yield entry;
				} else if (until !== undefined && entry.timestamp > until) {
					return;
				}
			}
		}
	} finally {
		await closeAll(files);
	}
};
