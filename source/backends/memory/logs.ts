import type {Engine} from '../../engine.js';
import type {LogEntry} from '../../resources.js';
import {findContainer} from '../../rules/references.js';
import type {State} from './state.js';

export const logVerbs = (state: State): Pick<Engine, 'logs'> => ({
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
});
