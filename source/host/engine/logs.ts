import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';
import type {BootLogOptions, LogOptions, LogsVerbs} from '../../engine/logs.js';
import type {LogEntry} from '../../engine/resources.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import {assertReadable} from '../../rules/containers/logging.js';
import {readLog} from '../containers/log.js';
import {openConsole, readConsole} from '../machines/console.js';
import {consoleOf} from './boot-log.js';
import {isActive, type Context, type Entry} from './context.js';
import {findContainer} from './find.js';
import type {VerbContext} from './verb-context.js';

/** Aborts when a container has ended for good; an end followed by a restart does not count. `signal` stops watching. */
const finalEndOf = (entry: Entry, signal?: AbortSignal): AbortSignal => {
	const final = new AbortController();
	const look = () => {
		if (isActive(entry)) {
			entry.ended.signal.addEventListener('abort', look, {once: true, signal});
		} else {
			final.abort();
		}
	};

	look();
	return final.signal;
};

/** How long the first output of a process may take to come from its machine into the log. */
const firstOutputMs = 500;

/**
Waits until what a process writes at once is in the log: until it has run for a moment, or has ended.

Clients start a container and ask for its log, as if there were nothing between its process and the log.
*/
const untilFirstOutput = async ({run, ended: {signal}}: Entry): Promise<void> => {
	const left = run.state === 'live' ? run.since + firstOutputMs - performance.now() : 0;
	if (left > 0) {
		await delay(left, undefined, {signal}).catch(() => undefined);
	}
};

/** The log up to now of a container, which may have just started. */
export const readLogSoFar = async function * (log: string, entry: Entry, options: LogOptions): AsyncGenerator<LogEntry, void> {
	await untilFirstOutput(entry);
	yield * readLog(log, options);
};

async function * readBootLog(
	context: Context,
	entry: Entry,
	{follow = false, tail, signal}: BootLogOptions,
): AsyncGenerator<LogEntry, void> {
	const {container, run, ended} = entry;
	const live = ['starting', 'live', 'ending'].includes(run.state) ? consoleOf(context, entry) : undefined;
	let handle = live === undefined ? undefined : await openConsole(live);
	const isLive = handle !== undefined;
	handle ??= await openConsole(context.paths.container(container.id).console);
	if (!handle) {
		throw new HolmError('not-found', `there is no boot log of container ${container.name}: it has had no machine yet`, {remedy: `holm start ${container.name}`});
	}

	try {
		const following = follow && isLive && {follow: {file: live!, ended: ended.signal}};
		for await (const {seenAt, bytes} of readConsole(handle, {tail, signal, ...following})) {
			yield {stream: 'stdout', timestamp: timestampOf(seenAt), bytes};
		}
	} finally {
		await handle.close();
	}
}

export const logsVerbs = (context: VerbContext): Required<LogsVerbs> => ({
	logs(reference, logOptions = {}) {
		const entry = findContainer(context, reference);
		assertReadable(entry.container);
		const {log} = context.paths.container(entry.container.id);
		return logOptions.follow
			? readLog(log, {...logOptions, ended: finalEndOf(entry, logOptions.signal)})
			: readLogSoFar(log, entry, logOptions);
	},
	bootLog: (reference, options = {}) => readBootLog(context, findContainer(context, reference), options),
});
