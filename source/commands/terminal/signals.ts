import process from 'node:process';

// Those that a user or a supervisor sends; the rest are the program's own business or cannot be caught.
const proxied = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

export type SignalSource = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/** Hands every signal that this program gets on to `send` instead of dying of it; the result ends that. */
export const proxySignals = (send: (signal: string) => Promise<void>, source: SignalSource = process): (() => void) => {
	const listener = (signal: string) => {
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
