import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import type {Drops} from './drops.js';
import type {Message} from './message.js';
import {createPlaces} from './places.js';
import type {ResponderOf} from './responder.js';

export type Listener = {readonly close: () => Promise<void>};

/** Buffer for bursts, in bytes; the kernel may limit it. */
const receiveBufferBytes = 4 * 1024 * 1024;
/** Pending answers. Above this, clients that exceed their share have to ask again. */
const maximumPending = 2000;
/** Responses in the send queue. */
const maximumQueued = 10_000;

/** Answers queries over UDP on an address. Rejects if it cannot be bound. */
export const listenOnUdp = async (address: string, port: number, responderOf: ResponderOf, onDrop: Drops): Promise<Listener> => {
	const family = net.isIPv6(address) ? 6 : 4;
	const socket = dgram.createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		// Addresses need no look-up, and the default one costs a turn of the event loop.
		lookup(hostname, options, callback) {
			callback(null, hostname, family);
		},
	});
	const places = createPlaces({
		limit: maximumPending,
		onDrop(client) {
			onDrop('answers', client);
		},
	});
	let isClosed = false;
	/** Responses that fit into the send queue in any case. */
	let room = 0;
	const send = (response: Message, client: dgram.RemoteInfo) => {
		if (isClosed) {
			return;
		}

		if (room === 0) {
			room = Math.max(maximumQueued - socket.getSendQueueCount(), 0);
		}

		if (room === 0) {
			onDrop('answers', client.address);
			return;
		}

		room--;
		socket.send(response, client.port, client.address);
	};

	const sendLater = async (response: Promise<Message>, client: dgram.RemoteInfo) => {
		let isWanted = true;
		const release = places.take(client.address, () => {
			isWanted = false;
		});
		if (!release) {
			return;
		}

		try {
			const message = await response;
			if (isWanted) {
				send(message, client);
			}
		} finally {
			release();
		}
	};

	socket.on('message', (message, client) => {
		// Source port 0 is forged, and sending to it throws.
		if (client.port === 0) {
			return;
		}

		const response = responderOf(client.address)(message, 'udp', client.address);
		if (response instanceof Promise) {
			void sendLater(response, client);
		} else if (response) {
			send(response, client);
		}
	});
	// Without a look-up, `listening` is emitted during `bind`.
	const listening = once(socket, 'listening');
	socket.bind({address, port});
	try {
		await listening;
	} catch (error) {
		socket.close();
		throw error;
	}

	// If a response cannot be delivered, the client asks again.
	socket.on('error', () => undefined);
	socket.setRecvBufferSize(receiveBufferBytes);
	return {
		async close() {
			isClosed = true;
			socket.close();
			await once(socket, 'close');
		},
	};
};
