import {once} from 'node:events';

/**
All timers of one engine. They keep the program alive only while someone waits for the engine, and end with it.
*/
export type Timers = {
	/** Runs `action` once after a delay; the result cancels it. */
	readonly after: (milliseconds: number, action: () => void) => () => void;
	/** A signal that aborts after a delay, which may be infinite, or with another one. */
	readonly deadline: (milliseconds: number, signal?: AbortSignal) => Disposable & {readonly signal: AbortSignal};
	/** Resolves after a delay, or when the signal aborts. */
	readonly delay: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
	/** Keeps the program alive for the timers, until the result is disposed of. */
	readonly hold: () => Disposable;
	readonly close: () => void;
};

/** Counts those that hold something, until the result of `hold` is disposed of. */
export const createHolders = ({onFirst, onNone}: {readonly onFirst: () => void; readonly onNone: () => void}) => {
	const holders = new Set<symbol>();
	return {
		isHeld: () => holders.size > 0,
		hold(): Disposable {
			const holder = Symbol('holder');
			holders.add(holder);
			if (holders.size === 1) {
				onFirst();
			}

			return {
				[Symbol.dispose]() {
					if (holders.delete(holder) && holders.size === 0) {
						onNone();
					}
				},
			};
		},
	};
};

const maximumDelay = (2 ** 31) - 1;

export const createTimers = (): Timers => {
	const running = new Set<NodeJS.Timeout>();
	const holders = createHolders({
		onFirst() {
			for (const timer of running) {
				timer.ref();
			}
		},
		onNone() {
			for (const timer of running) {
				timer.unref();
			}
		},
	});
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
		if (!holders.isHeld()) {
			timer.unref();
		}

		return () => {
			clearTimeout(timer);
			running.delete(timer);
		};
	};

	const deadline: Timers['deadline'] = (milliseconds, signal) => {
		const controller = new AbortController();
		const cancel = milliseconds === Infinity
			? () => undefined
			: after(milliseconds, () => {
				controller.abort();
			});
		return {signal: AbortSignal.any([controller.signal, ...signal ? [signal] : []]), [Symbol.dispose]: cancel};
	};

	return {
		after,
		deadline,
		async delay(milliseconds, signal) {
			using over = deadline(milliseconds, signal);
			if (!over.signal.aborted) {
				await once(over.signal, 'abort');
			}
		},
		hold: holders.hold,
		close() {
			isClosed = true;
			for (const timer of running) {
				clearTimeout(timer);
			}

			running.clear();
		},
	};
};
