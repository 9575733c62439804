import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import type {Drops} from './drops.js';
import {framed, headerLength, type Message} from './message.js';
import {createPlaces} from './places.js';
import type {ResponderOf} from './responder.js';
import type {Listener} from './udp.js';

const maximumConnections = 256;
/** Applies even if connections are free. */
const maximumConnectionsPerClient = 32;
/** RFC 7766 section 6.2.3 recommends a few seconds. */
const idleTimeoutMs = 10_000;
/** Concurrent queries per connection, RFC 7766 section 6.2.1.1. */
const maximumPipelined = 64;
/** Bytes of unread responses at which reading of further queries pauses. */
const maximumUnread = 256 * 1024;

const nothing = Buffer.alloc(0);

/** Serves one connection. Pipelined queries are answered in any order, as answers arrive. */
const serve = (connection: net.Socket, client: string, responderOf: ResponderOf) => {
	let unread: Message = nothing;
	let pending = 0;
	let hasEnded = false;

	const isBusy = () => pending >= maximumPipelined || connection.writableLength > maximumUnread;

	const finish = () => {
		if (hasEnded && pending === 0 && !isBusy()) {
			connection.end();
		}
	};

	const sendLater = async (response: Promise<Message>) => {
		pending++;
		try {
			const message = await response;
			if (connection.writable) {
				connection.write(framed(message));
			}
		} finally {
			pending--;
			proceed();
		}
	};

	const proceed = () => {
		while (!isBusy() && !connection.destroyed && unread.length >= 2) {
			const length = unread.readUInt16BE(0);
			if (length < headerLength) {
				connection.destroy();
				return;
			}

			if (unread.length < 2 + length) {
				break;
			}

			const message = unread.subarray(2, 2 + length);
			unread = unread.subarray(2 + length);
			const response = responderOf(client)(message, 'tcp', client);
			if (response instanceof Promise) {
				void sendLater(response);
			} else if (response) {
				connection.write(framed(response));
			}
		}

		if (isBusy()) {
			connection.pause();
		} else {
			connection.resume();
			finish();
		}
	};

	connection.setNoDelay(true);
	connection.setTimeout(idleTimeoutMs, () => {
		connection.destroy();
	});
	connection.on('error', () => undefined);
	connection.on('data', (chunk: Message) => {
		unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
		proceed();
	});
	connection.on('drain', proceed);
	connection.on('end', () => {
		hasEnded = true;
		proceed();
	});
};

/** Answers queries over TCP on an address. Rejects if it cannot be bound. */
export const listenOnTcp = async (address: string, port: number, responderOf: ResponderOf, onDrop: Drops): Promise<Listener> => {
	const connections = new Set<net.Socket>();
	const places = createPlaces({
		limit: maximumConnections,
		limitPerClient: maximumConnectionsPerClient,
		onDrop(client) {
			onDrop('connections', client);
		},
	});
	const server = net.createServer({allowHalfOpen: true}, connection => {
		const client = connection.remoteAddress ?? '';
		const release = places.take(client, () => {
			connection.destroy();
		});
		if (!release) {
			connection.destroy();
			return;
		}

		connections.add(connection);
		connection.on('close', () => {
			connections.delete(connection);
			release();
		});
		serve(connection, client, responderOf);
	});
	server.listen({host: address, port});
	await once(server, 'listening');
	// The process may be out of descriptors for a moment.
	server.on('error', () => undefined);
	return {
		async close() {
			server.close();
			for (const connection of connections) {
				connection.destroy();
			}

			await once(server, 'close');
		},
	};
};
