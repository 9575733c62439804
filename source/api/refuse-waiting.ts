import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {asHolmError, httpStatusOf} from '../engine/errors.js';
import {encodeError} from '../wire/encode/progress.js';

/** Milliseconds within which a client that has just connected sends its request. */
const patienceMs = 2000;

/** Milliseconds to answer further requests on the same sockets. */
const lingerMs = 200;

/** Answers requests that wait on passed sockets with the reason why the engine does not start; otherwise they would wait forever. */
export const refuseWaiting = async (descriptors: readonly number[], error: unknown): Promise<void> => {
	const {createServer} = process.getBuiltinModule('node:http');
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
