import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import type {Listener, Target} from './forward.js';

/** Per published port. */
const maximumConnections = 4096;
const keepAliveDelayMs = 60_000;
/** Per connection. Unused pages take no memory. */
const readBufferBytes = 256 * 1024;

/** Closes with RST. While a socket connects, `resetAndDestroy` would wait. */
const reset = (socket: net.Socket) => {
	if (socket.connecting) {
		socket.destroy();
	} else {
		socket.resetAndDestroy();
	}
};

/** Resets the other side if this one fails. An orderly end has passed through the pipe already. */
const linkErrors = (one: net.Socket, other: net.Socket) => {
	one.on('error', () => {
		reset(other);
	});
};

/**
Connects a client and a container. Each direction ends separately, so a half-closed client still gets the answer.

Data from the container is read into one buffer, which is reused once it is written to the client. This has twice the throughput of Node's reads of 64 KiB. Node allows that only for connecting sockets, so the other direction is piped.
*/
const join = (client: net.Socket, target: Target): net.Socket => {
	let isWaiting = false;
	const container = net.connect({
		host: target.address,
		port: target.port,
		localAddress: target.localAddress,
		allowHalfOpen: true,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: keepAliveDelayMs,
		onread: {
			buffer: Buffer.allocUnsafeSlow(readBufferBytes),
			callback(length, buffer) {
				client.write(buffer.subarray(0, length), () => {
					if (!isWaiting) {
						return;
					}

					isWaiting = false;
					container.resume();
				});
				// Data that the kernel did not accept at once is still in the buffer.
				isWaiting = client.writableLength > 0;
				return !isWaiting;
			},
		},
	});
	container.on('end', () => {
		client.end();
	});
	linkErrors(client, container);
	linkErrors(container, client);
	client.pipe(container);
	return container;
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
	}, client => {
		connections.set(client, join(client, target));
		client.on('close', () => {
			connections.delete(client);
		});
	});
	server.maxConnections = maximumConnections;
	server.listen({host: hostAddress, port: hostPort, ipv6Only: true});
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
