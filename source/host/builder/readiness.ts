import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';

export type ReadinessOptions = {
	/** Asks dockerd; throws if it does not answer. */
	readonly ping: () => Promise<unknown>;
	readonly limitMs: number;
	readonly intervalMs: number;
};

/** Waits for dockerd in the builder's machine, once for each machine: one that an earlier daemon started may still be booting. */
export const createReadiness = ({ping, limitMs, intervalMs}: ReadinessOptions) => {
	let ready: object | undefined;

	/** Resolves when dockerd has answered. `machine` gives the one that runs, or throws why there is none. */
	return async (machine: () => object): Promise<void> => {
		const deadline = performance.now() + limitMs;
		let last: unknown;
		while (performance.now() < deadline) {
			const current = machine();
			if (current === ready) {
				return;
			}

			try {
				await ping();
				ready = current;
				return;
			} catch (error) {
				last = error;
				await delay(intervalMs);
			}
		}

		throw new HolmError('unavailable', `the builder did not answer within ${limitMs / 1000} seconds`, {remedy: 'holm builder logs may say why', cause: last});
	};
};
