import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import {type Drops} from './drops.js';
import {type Message} from './message.js';
import {createPlaces} from './places.js';
import {type ResponderOf} from './responder.js';

export type Listener = {readonly close: () => Promise<void>};

/** Room for bursts, in bytes; the kernel may give less. */
const receiveBufferBytes = 4 * 1024 * 1024;
/** Answers that are waited for; a client that has more than its share of them must ask again. */
const maximumPending = 2000;
/** Responses that the kernel has not taken yet. */
const maximumQueued = 10_000;

/** Answers queries over UDP on an address of the host. Rejects when it cannot be bound. */
export const listenOnUdp = async (address: string, port: number, responderOf: ResponderOf, onDrop: Drops): Promise<Listener> => {
	const family = net.isIPv6(address) ? 6 : 4;
	const socket = dgram.createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		// Addresses of datagrams need no look-up, and the default one costs a turn of the event loop.
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
	const send = (response: Message, client: dgram.RemoteInfo) => {
		if (isClosed) {
			return;
		}

		if (socket.getSendQueueCount() >= maximumQueued) {
			onDrop('answers', client.address);
			return;
		}

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
		// Port 0 can only be forged, and sending to it throws.
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
	// Without a look-up it listens before bind returns.
	const listening = once(socket, 'listening');
	socket.bind({address, port});
	try {
		await listening;
	} catch (error) {
		socket.close();
		throw error;
	}

	// A response that cannot be delivered is the client's to ask for again.
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
