/** A repeatable notification that readers wait for when they have read everything. */
export type Wake = {
	/** Resolves at the next `notify`, or when the signal aborts. */
	readonly wait: (signal?: AbortSignal) => Promise<void>;
	readonly notify: () => void;
	/** Whether any reader waits. */
	readonly isAwaited: () => boolean;
};

export const createWake = (): Wake => {
	const waiting = new Set<() => void>();
	return {
		async wait(signal) {
			if (signal?.aborted) {
				return;
			}

			const {promise, resolve} = Promise.withResolvers<void>();
			const wake = () => {
				resolve();
			};

			waiting.add(wake);
			signal?.addEventListener('abort', wake, {once: true});
			try {
				await promise;
			} finally {
				waiting.delete(wake);
				signal?.removeEventListener('abort', wake);
			}
		},
		notify() {
			for (const wake of waiting) {
				wake();
			}
		},
		isAwaited: () => waiting.size > 0,
	};
};
