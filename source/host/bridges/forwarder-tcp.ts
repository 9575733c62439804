import {once} from 'node:events';
import net from 'node:net';
import {type Listener, type Target} from './forward.js';

/** Of one published port. */
const maximumConnections = 8192;
const keepAliveDelayMs = 60_000;
/** Bytes read from one side that wait for the other, in each direction. */
const highWaterMark = 512 * 1024;

/** Ends the other side as this one ended: abruptly. An orderly end has passed through the pipe already. */
const linkErrors = (one: net.Socket, other: net.Socket) => {
	one.on('error', () => {
		if (other.connecting) {
			other.destroy();
		} else {
			other.resetAndDestroy();
		}
	});
};

/** Joins a client and a container. Each direction ends by itself, so a client that has said all still hears the answer. */
const join = (client: net.Socket, target: Target) => {
	const container = net.connect({
		host: target.address,
		port: target.port,
		localAddress: target.localAddress,
		allowHalfOpen: true,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: keepAliveDelayMs,
	});
	linkErrors(client, container);
	linkErrors(container, client);
	client.pipe(container);
	container.pipe(client);
};

/** Listens on the host and forwards connections. Rejects with the system's error when the address cannot be bound. */
export const forwardTcp = async (hostAddress: string, hostPort: number, target: Target): Promise<Listener> => {
	const clients = new Set<net.Socket>();
	const endAll = () => {
		for (const client of clients) {
			// The container's side is reset with it: a client's own error would do the same.
			client.destroy(new Error('The port is no longer published'));
		}
	};

	const server = net.createServer({
		allowHalfOpen: true,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: keepAliveDelayMs,
		highWaterMark,
	}, client => {
		clients.add(client);
		client.on('close', () => {
			clients.delete(client);
		});
		join(client, target);
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
