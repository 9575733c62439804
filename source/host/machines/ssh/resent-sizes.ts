export type SizeResender = {
	/** Sends a message now and twice more, unless another one follows. */
	readonly send: (message: string) => Promise<void>;
	readonly stop: () => void;
};

/** Delays of the repetitions in milliseconds. */
const resendAfterMs = [150, 1000] as const;

/**
Sends terminal sizes, and repeats the last one.

If conmon (such as 2.1.6) reads several sizes at once, it applies only the first. Without the repetition, resizing a window quickly would end with a wrong size.
*/
export const resendSizes = (tell: (message: string) => Promise<void>): SizeResender => {
	let timers: readonly NodeJS.Timeout[] = [];
	const stop = () => {
		for (const timer of timers) {
			clearTimeout(timer);
		}

		timers = [];
	};

	return {
		async send(message) {
			stop();
			timers = resendAfterMs.map(milliseconds => setTimeout(() => {
				tell(message).catch(() => undefined);
			}, milliseconds).unref());
			await tell(message);
		},
		stop,
	};
};
