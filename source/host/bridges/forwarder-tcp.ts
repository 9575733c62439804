import {once} from 'node:events';
import net from 'node:net';
import type {Listener, Target} from './forward.js';
import {createReadBuffer} from './read-buffer.js';

/** Per published port, open and about to be. Node's default of 511 makes clients of a crowd wait a second for their next attempt. */
const maximumConnections = 4096;
const keepAliveDelayMs = 60_000;
/** Closes with RST. While a socket connects, `resetAndDestroy` would wait. */
const reset = (socket: net.Socket) => {
	if (socket.connecting) {
		socket.destroy();
	} else {
		socket.resetAndDestroy();
	}
};

/** Resets the other side if this one fails. An orderly end has passed already. */
const linkErrors = (one: net.Socket, other: net.Socket) => {
	one.on('error', () => {
		reset(other);
	});
};

/** What a socket has read goes to the other one. Reading waits while the buffer holds what the kernel has not accepted yet. */
const carry = (from: () => net.Socket, to: () => net.Socket): net.OnReadOpts & {readonly close: () => void} => {
	const readBuffer = createReadBuffer();
	let isWaiting = false;
	return {
		buffer: readBuffer.current,
		callback(length, buffer) {
			to().write(buffer.subarray(0, length), () => {
				if (!isWaiting) {
					return;
				}

				isWaiting = false;
				from().resume();
			});
			isWaiting = to().writableLength > 0;
			if (!isWaiting) {
				readBuffer.fit(length);
			}

			return !isWaiting;
		},
		close() {
			readBuffer.close({isInUse: isWaiting});
		},
	};
};

/**
Connects a client and a container. Each direction ends separately, so a half-closed client still gets the answer.

Both are read into buffers that are reused once they are written, with half more throughput than Node's reads of 64 KiB into a new buffer each. Node offers that only for sockets that connect, so an accepted one passes its handle on to a new one.
*/
const join = (accepted: net.Socket, target: Target) => {
	const fromClient = carry(() => client, () => container);
	const fromContainer = carry(() => container, () => client);
	const holder = accepted as net.Socket & {_handle: unknown};
	const client = new net.Socket({handle: holder._handle, allowHalfOpen: true, onread: fromClient} as net.SocketConstructorOpts);
	holder._handle = null;
	const container = net.connect({
		host: target.address,
		port: target.port,
		localAddress: target.localAddress,
		allowHalfOpen: true,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: keepAliveDelayMs,
		onread: fromContainer,
	});
	for (const [from, to, {close}] of [[client, container, fromClient], [container, client, fromContainer]] as const) {
		from.on('end', () => {
			to.end();
		});
		from.on('close', close);
		linkErrors(from, to);
	}

	client.resume();
	return {client, container};
};

/** Listens on the host and forwards connections. Rejects with the system's error if the address cannot be bound. */
export const forwardTcp = async (hostAddress: string, hostPort: number, target: Target): Promise<Listener> => {
	const connections = new Map<net.Socket, net.Socket>();
	const endAll = () => {
		for (const sides of connections) {
			for (const side of sides) {
				reset(side);
			}
		}
	};

	const server = net.createServer({
		allowHalfOpen: true,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: keepAliveDelayMs,
		pauseOnConnect: true,
	}, accepted => {
		const {client, container} = join(accepted, target);
		connections.set(client, container);
		client.on('close', () => {
			connections.delete(client);
			// The server counts this one.
			accepted.destroy();
		});
	});
	server.maxConnections = maximumConnections;
	server.listen({
		host: hostAddress, port: hostPort, ipv6Only: true, backlog: maximumConnections,
	});
	await once(server, 'listening');
	// The process may be out of descriptors for a moment.
	server.on('error', () => undefined);
	return {
		port: (server.address() as net.AddressInfo).port,
		retarget(next) {
			target = next;
			endAll();
		},
		async close() {
			server.close();
			endAll();
			await once(server, 'close');
		},
	};
};
