/** Runs what it is given one after another, in the order in which it is asked. A failure is its caller's alone. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>;

export const createQueue = (): Queue => {
	let last: Promise<unknown> = Promise.resolve();
	return async work => {
		const result = last.then(work);
		last = result.catch(() => undefined);
		return result;
	};
};

/**
Work that brings something in line with the present state, and that one run of does for everybody who asked before it began: a caller waits for at most the run that is under way and the next one.
*/
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
