import {watch} from 'node:fs';

/** With file events this only covers a missed one. Without them it is the polling interval. */
const pollMs = {watched: 1000, unwatched: 200};

/** Wakes a reader when `file`, or a file in that directory, may have grown, or when one of the signals aborts. Arm it before reading, so that no event in between is missed. */
export const createFileWake = (file: string, signals: readonly AbortSignal[]) => {
	let current = Promise.withResolvers<void>();
	const wake = () => {
		current.resolve();
	};

	const watched = (() => {
		try {
			return watch(file, wake);
		} catch {
			// The file is gone, or the limit of inotify watches is reached.
			return undefined;
		}
	})();
	let interval = watched ? pollMs.watched : pollMs.unwatched;
	watched?.on('error', () => {
		interval = pollMs.unwatched;
	});
	for (const signal of signals) {
		signal.addEventListener('abort', wake);
	}

	return {
		arm() {
			current = Promise.withResolvers<void>();
			const {promise} = current;
			return {
				async wait() {
					const timer = setTimeout(wake, interval);
					await promise;
					clearTimeout(timer);
				},
			};
		},
		[Symbol.dispose]() {
			watched?.close();
			for (const signal of signals) {
				signal.removeEventListener('abort', wake);
			}
		},
	};
};
