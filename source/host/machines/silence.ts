import {silenceLimitMs} from './patience.js';

export type SilenceOptions = {
	/** A number that grows with what the guest does. */
	readonly progress: () => number;
	/** Whether it is the guest that is being waited for, and not whoever reads from it or writes to it; default always. */
	readonly isGuestsTurn?: () => boolean;
	/** Called once, with the limit in milliseconds. */
	readonly onSilence: (limitMs: number) => void;
};

/** Watches for a guest that does nothing for as long as it may be silent, until the function that it returns is called. */
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
