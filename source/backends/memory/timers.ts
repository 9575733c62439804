/**
All timers of one engine. They keep the program alive only while somebody waits for the engine, and end with it.
*/
export type Timers = {
	/** Runs `action` once after a delay; the result takes that back. */
	readonly after: (milliseconds: number, action: () => void) => () => void;
	/** Resolves after a delay; earlier, too, when the signal aborts. */
	readonly delay: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
	/** Says that somebody waits for what timers do; the result, called once or more, ends that. */
	readonly hold: () => () => void;
	/** How many run. */
	readonly count: () => number;
	readonly close: () => void;
};

const maximumDelay = (2 ** 31) - 1;

export const createTimers = (): Timers => {
	const running = new Set<NodeJS.Timeout>();
	let holders = 0;
	let isClosed = false;

	const after = (milliseconds: number, action: () => void) => {
		if (isClosed) {
			return () => undefined;
		}

		const timer = setTimeout(() => {
			running.delete(timer);
			action();
		}, Math.min(Math.max(milliseconds, 0), maximumDelay));
		running.add(timer);
		if (holders === 0) {
			timer.unref();
		}

		return () => {
			clearTimeout(timer);
			running.delete(timer);
		};
	};

	return {
		after,
		async delay(milliseconds, signal) {
			if (signal?.aborted) {
				return;
			}

			const {promise, resolve} = Promise.withResolvers<void>();
			const finish = () => {
				resolve();
			};

			const cancel = after(milliseconds, finish);
			signal?.addEventListener('abort', finish, {once: true});
			try {
				await promise;
			} finally {
				cancel();
				signal?.removeEventListener('abort', finish);
			}
		},
		hold() {
			let isHeld = true;
			holders++;
			if (holders === 1) {
				for (const timer of running) {
					timer.ref();
				}
			}

			return () => {
				if (!isHeld) {
					return;
				}

				isHeld = false;
				holders--;
				if (holders === 0) {
					for (const timer of running) {
						timer.unref();
					}
				}
			};
		},
		count: () => running.size,
		close() {
			isClosed = true;
			for (const timer of running) {
				clearTimeout(timer);
			}

			running.clear();
		},
	};
};
