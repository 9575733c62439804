import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import {type Listener, type Target} from './forward.js';

/** A client that neither sent nor got anything for this long is forgotten. */
export const sessionTimeoutMs = 60_000;
/** Clients of one published port; another one takes the place of the one that was silent for longest. */
export const maximumSessions = 1024;
/** Datagrams that the kernel has not taken yet; more are dropped, as a network would. */
const maximumQueued = 1000;
const receiveBufferBytes = 1024 * 1024;

type Session = {readonly send: (datagram: Uint8Array) => void; readonly refresh: () => void; readonly close: () => void};

const createSocket = (address: string) => {
	const family = net.isIPv6(address) ? 6 : 4;
	const socket = dgram.createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		ipv6Only: family === 6,
		// Addresses need no look-up; without one a socket is bound and connected before the next datagram comes.
		lookup(hostname, options, callback) {
			callback(null, hostname, family);
		},
	});
	return socket;
};

/** A client's own socket towards the container, so answers find back to that client. */
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

/** Listens on the host and forwards datagrams, each client's from a port of its own. Rejects with the system's error when the address cannot be bound. */
export const forwardUdp = async (hostAddress: string, hostPort: number, target: Target): Promise<Listener> => {
	const server = createSocket(hostAddress);
	// In the order of their last use.
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
		// Port 0 can only be forged, and sending to it throws.
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
	// Without a look-up it listens before bind returns.
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
