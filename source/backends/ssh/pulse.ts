import type {Client} from 'ssh2';

type Transport = {readonly bytesRead: number; readonly destroyed: boolean; destroy: (error?: Error) => unknown};

const defaultIntervalMs = 5000;
const patience = 3;

/**
Sends keepalives while the host is silent, and closes the connection after about 15 seconds without a response: a cut link reports nothing.

Ssh2's own keepalive would keep the process alive, and ignores other incoming data, which may delay the responses on a slow line.
*/
export const startPulse = (client: Client, transport: Transport, intervalMs = defaultIntervalMs): void => {
	let silent = 0;
	let bytes = transport.bytesRead;
	const timer = setInterval(() => {
		if (transport.bytesRead !== bytes) {
			bytes = transport.bytesRead;
			silent = 0;
			return;
		}

		silent++;
		if (silent >= patience) {
			transport.destroy(Object.assign(new Error('it does not answer any more'), {code: 'ETIMEDOUT'}));
		} else {
			try {
				// A request that every host refuses and must answer.
				client.unforwardIn('', 0, () => undefined);
			} catch {
				// The connection is closing.
			}
		}
	}, intervalMs);
	timer.unref();
	client.once('close', () => {
		clearInterval(timer);
	});
};
