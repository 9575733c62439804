import {Buffer} from 'node:buffer';
import type {LogOptions} from '../../engine/logs.js';
import type {LogEntry} from '../../engine/resources.js';
import {createLogParser, timestampOf} from '../../rules/containers/log-parser.js';
import {longestDelayMs} from '../machines/patience.js';
import {closeAll, openLog} from './log-files.js';
import {followChunks, readChunks} from './log-follow.js';
import {findTail, type TailStart} from './log-tail.js';

export type ReadLogOptions = LogOptions & {
	/** For `follow`: aborts when the log will not grow any more, because the container ended or was removed. */
	readonly ended?: AbortSignal;
	/** Called once the start position is known. Everything written after that is read. */
	readonly onBegin?: () => void;
};

/** A signal that aborts when a follower has nothing more to wait for. Not `AbortSignal.any` with a timeout, because the timeout can be garbage collected. */
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
	const timer = left <= longestDelayMs ? setTimeout(end, Math.ceil(left)) : undefined;
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
Reads a container's log, given its live file, including the rotated files.

Entries come in the order in which the container wrote them. `tail` counts lines of both streams before `since` and the stream filters apply, as in Docker. `stdout` and `stderr` default to true. Entries stamped exactly `since` or `until` are included. Aborting `signal` ends the reading without an error. A missing log is empty.

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
