import type {Client} from 'ssh2';

type Transport = {readonly bytesRead: number; readonly destroyed: boolean; destroy: (error?: Error) => unknown};

const defaultIntervalMs = 5000;
const patience = 3;

export type Pulse = {
	/** Milliseconds of the last question and its answer. */
	readonly roundTripMs: () => number | undefined;
};

/**
Sends keepalives, which also measure the round trip, and closes the connection after about 15 seconds without a response: a cut link reports nothing.

Ssh2's own keepalive would keep the process alive, and ignores other incoming data, which may delay the responses on a slow line.
*/
export const startPulse = (client: Client, transport: Transport, intervalMs = defaultIntervalMs): Pulse => {
	let silent = 0;
	let roundTripMs: number | undefined;
	const ask = () => {
		const asked = performance.now();
		try {
			// A request that every host refuses and must answer.
			client.unforwardIn('', 0, () => {
				roundTripMs = performance.now() - asked;
			});
		} catch {
			// The connection is closing.
		}
	};

	ask();
	let bytes = transport.bytesRead;
	const timer = setInterval(() => {
		if (transport.bytesRead !== bytes) {
			bytes = transport.bytesRead;
			silent = 0;
			ask();
			return;
		}

		silent++;
		if (silent >= patience) {
			transport.destroy(Object.assign(new Error('it does not answer any more'), {code: 'ETIMEDOUT'}));
		} else {
			ask();
		}
	}, intervalMs);
	timer.unref();
	client.once('close', () => {
		clearInterval(timer);
	});
	return {roundTripMs: () => roundTripMs};
};
