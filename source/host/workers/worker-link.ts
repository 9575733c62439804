import net from 'node:net';
import {HolmError, isErrorCode} from '../../engine/errors.js';
import {lineOf, readLines, type Hello, type Reply} from './worker-protocol.js';

const defaultHelloLimitMs = 5000;

export type Link = {
	readonly hello: Hello;
	readonly send: (request: unknown) => Promise<unknown>;
	/** Resolves when the connection has ended, for whatever reason. */
	readonly ended: Promise<void>;
	readonly isOpen: () => boolean;
	readonly destroy: () => void;
};

/** The error in a worker's answer, which is not trusted. */
const errorOf = (name: string, {code, message, remedy}: Readonly<Record<string, unknown>>) =>
	new HolmError(typeof code === 'string' && isErrorCode(code) ? code : 'internal', typeof message === 'string' ? message : `The worker ${name} failed and did not say why`, {
		remedy: typeof remedy === 'string' ? remedy : undefined,
	});

/** Connects to a worker. Resolves with undefined if nothing listens, and with `silent` if there is no greeting within the limit, default 5 seconds. */
export const connect = async (socket: string, name: string, helloLimitMs = defaultHelloLimitMs): Promise<Link | 'silent' | undefined> => {
	const connection = net.connect(socket);
	const greeting = Promise.withResolvers<Hello | 'silent' | undefined>();
	const ended = Promise.withResolvers<void>();
	const waiting: Array<PromiseWithResolvers<unknown>> = [];
	const limit = setTimeout(() => {
		greeting.resolve('silent');
		connection.destroy();
	}, helloLimitMs);
	const endedError = () => new HolmError('unavailable', `The worker ${name} ended before it had answered`);
	let isGreeted = false;
	// `readLines` closes the connection if this throws.
	readLines(connection, value => {
		if (!isGreeted) {
			isGreeted = true;
			const {key} = value as Hello;
			greeting.resolve({key});
			return;
		}

		const reply = value as Reply;
		if ('error' in reply) {
			const error = errorOf(name, reply.error);
			waiting.shift()?.reject(error);
		} else {
			waiting.shift()?.resolve(reply.answer);
		}
	});
	// Every error is followed by 'close'.
	connection.on('error', () => undefined);
	connection.on('close', () => {
		clearTimeout(limit);
		// A worker that is just ending closes without sending anything.
		greeting.resolve(connection.bytesRead === 0 ? undefined : 'silent');
		for (const {reject} of waiting.splice(0)) {
			reject(endedError());
		}

		ended.resolve();
	});

	const hello = await greeting.promise;
	clearTimeout(limit);
	if (!hello || hello === 'silent') {
		return hello;
	}

	// Only an unanswered request keeps the daemon's event loop alive.
	connection.unref();
	return {
		hello,
		async send(request) {
			// It may have ended before the first request; then no 'close' follows.
			if (connection.destroyed) {
				throw endedError();
			}

			const reply = Promise.withResolvers<unknown>();
			waiting.push(reply);
			connection.ref();
			connection.write(lineOf(request));
			return reply.promise.finally(() => {
				if (waiting.length === 0) {
					connection.unref();
				}
			});
		},
		ended: ended.promise,
		isOpen: () => !connection.destroyed,
		destroy() {
			connection.destroy();
		},
	};
};
