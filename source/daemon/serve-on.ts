import type {Server} from 'node:http';
import {insecurity, listenOn, type Listening} from '../api/listeners.js';
import {describeAddress} from '../wire/addresses.js';

/** Serves at an address and logs it, with what is insecure about it. Resolves with the function that ends it. */
export const serveOn = async (
	server: Server,
	address: Listening,
	log: (line: string) => void,
	options?: Parameters<typeof listenOn>[2],
): Promise<() => void> => {
	const close = await listenOn(server, address, options);
	log(`serving ${describeAddress(address)} as process ${process.pid}`);
	if (address.kind === 'tcp' && !address.tls) {
		log(`warning: ${insecurity(address)}`);
	}

	return close;
};
