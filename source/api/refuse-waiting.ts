import {createServer} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {httpStatusOf, asHolmError} from '../errors.js';
import {encodeError} from './encode/progress.js';

/** A client that has just connected sends its request within this time. */
const patienceMs = 2000;

/** Answers the requests that wait at passed sockets with the reason why there is no engine, for they would wait without end. */
export const refuseWaiting = async (descriptors: readonly number[], error: unknown): Promise<void> => {
	if (descriptors.length === 0) {
		return;
	}

	const body = JSON.stringify(encodeError(error));
	const servers = descriptors.map(fd => {
		const server = createServer((request, response) => {
			request.resume();
			response.writeHead(httpStatusOf(asHolmError(error).code), {'Content-Type': 'application/json', Connection: 'close', Server: 'Holm'});
			response.end(body);
		});
		server.on('error', () => undefined);
		server.listen({fd});
		return server;
	});
	await delay(patienceMs);
	for (const server of servers) {
		server.close();
	}
};
