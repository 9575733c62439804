import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import {type Listener, type Target} from './forward.js';

/** Of one published port. */
const maximumConnections = 4096;
const keepAliveDelayMs = 60_000;
/** Of one connection; pages of it that were never needed take no memory. */
const readBufferBytes = 256 * 1024;

/** A reset of a socket that connects would wait until it has. */
const reset = (socket: net.Socket) => {
	if (socket.connecting) {
		socket.destroy();
	} else {
		socket.resetAndDestroy();
	}
};

/** Ends the other side as this one ended: abruptly. An orderly end has passed through the pipe already. */
const linkErrors = (one: net.Socket, other: net.Socket) => {
	one.on('error', () => {
		reset(other);
	});
};

/**
Joins a client and a container. Each direction ends by itself, so a client that has said all still hears the answer.

What comes from the container is read into one buffer that is used again once the client's side has taken it: twice the throughput of node's own reads of 64 KiB. Node lets only a socket that connects choose its buffer, so the other direction is piped.
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
				// What the kernel did not take at once still lies in the buffer.
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

/** Listens on the host and forwards connections. Rejects with the system's error when the address cannot be bound. */
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
	// Out of file descriptors for a moment.
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
