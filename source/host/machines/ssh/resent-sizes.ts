export type SizeResender = {
	/** Sends a message now and twice again, unless another one comes. */
	readonly send: (message: string) => Promise<void>;
	readonly stop: () => void;
};

/** Milliseconds after which the last message is sent again. */
const resendAfterMs = [150, 1000] as const;

/**
Messages of which only the last one counts, and which do no harm when they come again.

conmon (2.1.6, for one) takes the first of several sizes that it reads at once for all of them, so a window that is being dragged would end with a wrong one.
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
