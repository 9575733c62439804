// Signals that users and supervisors send; the others concern this process, or cannot be caught.
const proxied = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

export type SignalSource = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/** Number of forwarded requests to end, after which the user wants to leave; as in Docker's client. */
const patience = 3;

/** Forwards signals to `send` instead of handling them, and calls `onInsist` after repeated requests to end. Returns a function that stops forwarding. */
export const proxySignals = (
	send: (signal: string) => Promise<void>,
	onInsist: () => void,
	source: SignalSource = process,
): (() => void) => {
	let requests = 0;
	const listener = (signal: string) => {
		if (signal === 'SIGINT' || signal === 'SIGTERM') {
			requests++;
			if (requests === patience) {
				onInsist();
			}
		}

		// The container has just ended, and its exit status follows.
		send(signal).catch(() => undefined);
	};

	for (const signal of proxied) {
		source.on(signal, listener);
	}

	return () => {
		for (const signal of proxied) {
			source.off(signal, listener);
		}
	};
};
