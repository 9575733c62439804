/** Runs work one at a time, in order. A failure rejects only its own call. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>;

export const createQueue = (): Queue => {
	let last: Promise<unknown> = Promise.resolve();
	return async work => {
		const result = last.then(work);
		last = result.catch(() => undefined);
		return result;
	};
};

/** Coalesces calls of `work`, which applies the current state. One run serves every call made before it began: a call waits at most for the current run and the next one. */
export const createRefresh = (work: () => Promise<void>): (() => Promise<void>) => {
	let running: Promise<void> | undefined;
	let next: Promise<void> | undefined;
	const begin = async (): Promise<void> => {
		running = work();
		try {
			await running;
		} finally {
			running = undefined;
		}
	};

	return async () => {
		if (next) {
			return next;
		}

		if (!running) {
			return begin();
		}

		const waiting = running.catch(() => undefined).then(async () => {
			next = undefined;
			return begin();
		});
		next = waiting;
		return waiting;
	};
};
