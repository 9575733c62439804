import {watch} from 'node:fs';

/** With file events, only against one that was missed; without them, the pace of a follower. */
const pollMs = {watched: 1000, unwatched: 200};

/** Something that may have made a file longer, or the signals' end of it: `file` is watched, or a directory with all in it. Arm it before looking, so that nothing in between is missed. */
export const createFileWake = (file: string, signals: readonly AbortSignal[]) => {
	let current = Promise.withResolvers<void>();
	const wake = () => {
		current.resolve();
	};

	const watched = (() => {
		try {
			return watch(file, wake);
		} catch {
			// It is gone, or the kernel's number of watches is reached.
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
