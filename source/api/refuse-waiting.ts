import {once} from 'node:events';
import {createServer} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {asHolmError, httpStatusOf} from '../engine/errors.js';
import {encodeError} from '../wire/encode/progress.js';

/** A client that has just connected sends its request within this time. */
const patienceMs = 2000;

/** The requests that came together with the one that was answered are answered within this time, too. */
const lingerMs = 200;

/** Answers the requests that wait at passed sockets with the reason why there is no engine, for they would wait without end. */
export const refuseWaiting = async (descriptors: readonly number[], error: unknown): Promise<void> => {
	const body = JSON.stringify(encodeError(error));
	await Promise.all(descriptors.map(async fd => {
		const server = createServer((request, response) => {
			request.resume();
			response.writeHead(httpStatusOf(asHolmError(error).code), {'Content-Type': 'application/json', Connection: 'close', Server: 'Holm'});
			response.end(body);
			response.once('finish', () => {
				server.emit('answered');
			});
		});
		server.on('error', () => undefined);
		server.listen({fd});
		await Promise.race([delay(patienceMs), once(server, 'answered')]);
		await delay(lingerMs);
		server.close();
	}));
};
