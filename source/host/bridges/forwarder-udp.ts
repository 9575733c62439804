import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import type {Listener, Target} from './forward.js';

/** Sessions without traffic are closed after this long. */
export const sessionTimeoutMs = 60_000;
/** Clients per published port. A new one replaces the one that was idle for longest. */
export const maximumSessions = 1024;
/** Datagrams in the send queue. More are dropped. */
const maximumQueued = 1000;
const receiveBufferBytes = 1024 * 1024;

type Session = {readonly send: (datagram: Uint8Array) => void; readonly refresh: () => void; readonly close: () => void};

const createSocket = (address: string) => {
	const family = net.isIPv6(address) ? 6 : 4;
	const socket = dgram.createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		ipv6Only: family === 6,
		// Addresses need no look-up. Without it, the socket is bound and connected before the next datagram.
		lookup(hostname, options, callback) {
			callback(null, hostname, family);
		},
	});
	return socket;
};

/** A socket to the container for one client, so that answers can be matched to it. */
const openSession = (target: Target, receive: (datagram: Uint8Array) => void, forget: () => void): Session => {
	const socket = createSocket(target.address);
	const idle = setTimeout(forget, sessionTimeoutMs);
	let isConnected = false;
	const waiting: Uint8Array[] = [];
	socket.on('error', forget);
	socket.on('message', receive);
	socket.on('connect', () => {
		isConnected = true;
		for (const datagram of waiting.splice(0)) {
			socket.send(datagram);
		}
	});
	socket.bind({address: target.localAddress}, () => {
		socket.connect(target.port, target.address);
	});
	return {
		send(datagram) {
			if (!isConnected) {
				waiting.length = Math.min(waiting.length, maximumQueued - 1);
				waiting.push(datagram);
			} else if (socket.getSendQueueCount() < maximumQueued) {
				socket.send(datagram);
			}
		},
		refresh() {
			idle.refresh();
		},
		close() {
			clearTimeout(idle);
			socket.close();
		},
	};
};

/** Listens on the host and forwards datagrams, from a separate port for each client. Rejects with the system's error if the address cannot be bound. */
export const forwardUdp = async (hostAddress: string, hostPort: number, target: Target): Promise<Listener> => {
	const server = createSocket(hostAddress);
	// Ordered by last use.
	const sessions = new Map<string, Session>();
	const forget = (key: string) => {
		const session = sessions.get(key);
		sessions.delete(key);
		session?.close();
	};

	const forgetAll = () => {
		for (const key of sessions.keys()) {
			forget(key);
		}
	};

	const open = (key: string, client: dgram.RemoteInfo): Session => {
		if (sessions.size >= maximumSessions) {
			forget(sessions.keys().next().value!);
		}

		const session = openSession(target, datagram => {
			session.refresh();
			if (server.getSendQueueCount() < maximumQueued) {
				server.send(datagram, client.port, client.address);
			}
		}, () => {
			forget(key);
		});
		return session;
	};

	server.on('message', (datagram, client) => {
		// Source port 0 is forged, and sending to it throws.
		if (client.port === 0) {
			return;
		}

		const key = `${client.address} ${client.port}`;
		const session = sessions.get(key) ?? open(key, client);
		sessions.delete(key);
		sessions.set(key, session);
		session.refresh();
		session.send(datagram);
	});
	// Without a look-up, `listening` is emitted during `bind`.
	const listening = once(server, 'listening');
	server.bind({address: hostAddress, port: hostPort});
	await listening;
	server.on('error', () => undefined);
	server.setRecvBufferSize(receiveBufferBytes);
	return {
		port: server.address().port,
		retarget(next) {
			target = next;
			forgetAll();
		},
		async close() {
			forgetAll();
			server.close();
			await once(server, 'close');
		},
	};
};
