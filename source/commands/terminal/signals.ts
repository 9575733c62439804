import process from 'node:process';

// Those that a user or a supervisor sends; the rest are the program's own business or cannot be caught.
const proxied = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

export type SignalSource = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/** So many requests to end are handed on; Docker's client takes three for a user who wants to leave. */
const patience = 3;

/** Hands every signal that this program gets on to `send` instead of dying of it, and calls `onInsist` when it is asked to end again and again; the result ends that. */
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

		// A container that has just ended cannot be signalled, and its exit status is on the way.
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
