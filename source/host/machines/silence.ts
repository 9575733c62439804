import {silenceLimitMs} from './patience.js';

export type SilenceOptions = {
	/** A number that grows while the guest makes progress. */
	readonly progress: () => number;
	/** Whether the guest is expected to act, not the client that reads from it or writes to it; default always. */
	readonly isGuestsTurn?: () => boolean;
	/** Called once, with the limit in milliseconds. */
	readonly onSilence: (limitMs: number) => void;
};

/** Watches for a guest that makes no progress within the silence limit. Returns a function that stops watching. */
export const watchSilence = ({progress, isGuestsTurn = () => true, onSilence}: SilenceOptions): () => void => {
	const limitMs = silenceLimitMs();
	let last = progress();
	let silentSince = performance.now();
	const timer = setInterval(() => {
		const now = progress();
		if (now !== last || !isGuestsTurn()) {
			last = now;
			silentSince = performance.now();
		} else if (performance.now() - silentSince >= limitMs) {
			clearInterval(timer);
			onSilence(limitMs);
		}
	}, Math.min(1000, limitMs / 4));
	timer.unref();
	return () => {
		clearInterval(timer);
	};
};
