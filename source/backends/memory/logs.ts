import {Buffer} from 'node:buffer';
import type {LogsVerbs} from '../../engine/logs.js';
import {HolmError} from '../../engine/errors.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import type {LogEntry} from '../../engine/resources.js';
import {findContainer} from '../../rules/find-resource.js';
import {bootLines} from './boot-lines.js';
import type {State} from './state.js';

export const logsVerbs = (state: State): LogsVerbs => ({
	async * logs(reference, options = {}): AsyncGenerator<LogEntry, void> {
		state.settle();
		const record = findContainer(state.containers, reference);
		const {follow, until, signal} = options;
		if (!follow) {
			yield * record.log.read({...options, isEnded: () => true});
			return;
		}

		const release = state.watch();
		const expiry = new AbortController();
		const cancel = until === undefined
			? undefined
			: state.timers.after(until - state.now(), () => {
				expiry.abort();
			});
		try {
			yield * record.log.read({
				...options,
				signal: AbortSignal.any([expiry.signal, ...signal ? [signal] : []]),
				isEnded: () => !record.run && !record.cancelRestart,
			});
		} finally {
			cancel?.();
			release();
		}
	},
	async * bootLog(reference, {follow, tail, signal} = {}): AsyncGenerator<LogEntry, void> {
		state.settle();
		const record = findContainer(state.containers, reference);
		const {run, container} = record;
		const {machine, name} = container;
		if (!machine) {
			throw new HolmError('not-found', `there is no boot log of container ${name}: it has had no machine yet`, {remedy: `holm start ${name}`});
		}

		const lines = bootLines(container, machine);
		for (const line of tail === undefined ? lines : lines.slice(Math.max(lines.length - tail, 0))) {
			if (signal?.aborted) {
				return;
			}

			yield {stream: 'stdout', timestamp: timestampOf(run?.startedAt ?? container.createdAt), bytes: Buffer.from(`${line}\n`)};
		}

		if (follow && run) {
			const release = state.watch();
			try {
				while (record.run === run && !signal?.aborted) {
					await record.changed.wait(signal);
				}
			} finally {
				release();
			}
		}
	},
});
