import net from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {Duplex} from 'node:stream';
import type {ClientChannel, Client} from 'ssh2';
import {HolmError, messageOf} from '../../engine/errors.js';
import {patienceRemedy, within} from './patience.js';
import {dialSsh, type SshOptions} from './ssh/ssh.js';

/** A socket of the host that is mounted in a container. */
export type HostSocket = {
	/** Path on the host. It is opened for each connection, so its server may be restarted. */
	readonly source: string;
	/** Owner and permissions of the socket in the container. */
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
};

/** Port of the first socket in the relay's network namespace of the guest; the guest's script knows it, too. */
const firstPort = 1000;

/** Port of the container's service there. */
const servicePort = 999;

/** Time for the guest to open a channel, or to come back after its connection broke. */
const connectLimitMs = 20_000;

/** Connections of one machine at a time. Each may hold a window of 2 MiB in each direction. */
const maximumConnections = 64;

const redialDelayMs = 1000;

/** Joins a connection of the guest with one to a socket. Each direction ends separately, as clients of Docker's API need. */
const join = (socket: net.Socket, channel: ClientChannel): void => {
	socket.on('error', () => {
		channel.close();
	});
	socket.on('close', () => {
		// After an orderly end the channel still sends what it holds.
		if (!socket.readableEnded) {
			channel.close();
		}
	});
	channel.on('error', () => {
		socket.destroy();
	});
	channel.on('close', () => {
		socket.destroySoon();
	});
	socket.pipe(channel);
	channel.pipe(socket);
};

/** A channel closes only once it is read to its end, also one that was destroyed. */
const readToTheEnd = (channel: ClientChannel): ClientChannel => {
	const destroy = channel.destroy.bind(channel);
	channel.destroy = () => {
		channel.unpipe();
		channel.resume();
		return destroy();
	};

	return channel;
};

const serve = async (client: Client, sources: readonly string[]): Promise<void> => {
	const closed = new Promise<void>(resolve => {
		client.on('close', () => {
			resolve();
		});
	});
	const open = new Set<net.Socket>();
	client.on('tcp connection', ({destPort}, accept, reject) => {
		const source = sources[destPort - firstPort];
		if (source === undefined || open.size >= maximumConnections) {
			reject();
			return;
		}

		const socket = net.connect({path: source, allowHalfOpen: true});
		open.add(socket);
		let isAnswered = false;
		socket.once('connect', () => {
			isAnswered = true;
			join(socket, accept());
		});
		socket.on('error', () => undefined);
		socket.on('close', () => {
			open.delete(socket);
			if (!isAnswered) {
				reject();
			}
		});
	});
	for (const index of sources.keys()) {
		client.forwardIn('127.0.0.1', firstPort + index, error => {
			if (error) {
				client.end();
			}
		});
	}

	await closed;
	for (const socket of open) {
		socket.destroy();
	}
};

/**
Connects sockets in a guest to sockets of the host, and the engine to a socket in the container, over one of the guest's SSH ports.

The guest's SSH server listens in a network namespace of its own, on one port of the loopback device for each socket, and opens a channel for each connection. Only the engine opens sockets, and only those that were mounted. While no engine runs, new connections wait for the next one, and open ones end.
*/
export const createRelay = (sources: readonly string[], ssh: Omit<SshOptions, 'leaving' | 'verb'>) => {
	const leaving = new Map<string, () => void>();
	const over = new AbortController();
	let isOpen = false;
	let connected = Promise.withResolvers<Client>();
	return {
		/** Call it when the guest listens. */
		open() {
			if (isOpen) {
				return;
			}

			isOpen = true;
			void (async () => {
				while (!over.signal.aborted) {
					try {
						const {client, close} = await dialSsh({...ssh, leaving, verb: 'relay'});
						over.signal.addEventListener('abort', close);
						connected.resolve(client);
						await serve(client, sources);
						connected = Promise.withResolvers();
						over.signal.removeEventListener('abort', close);
						close();
					} catch {
						// The guest may be paused or ending; it is asked again.
					}

					await delay(redialDelayMs, undefined, {signal: over.signal}).catch(() => undefined);
				}
			})();
		},
		/** Connects to the container's service. Throws `unavailable` if the guest does not answer. */
		async connect(): Promise<Duplex> {
			const opening = connected.promise.then(async client => new Promise<ClientChannel>((resolve, reject) => {
				client.forwardOut('127.0.0.1', 0, '127.0.0.1', servicePort, (error, channel) => {
					if (error) {
						reject(new HolmError('unavailable', `the guest refused a connection: ${messageOf(error)}`, {cause: error}));
					} else {
						resolve(readToTheEnd(channel));
					}
				});
			}));
			return within(opening, connectLimitMs, () => new HolmError('unavailable', 'the guest did not connect in time', {remedy: patienceRemedy}));
		},
		/** Call it with the id of a connection when the guest reports its end. */
		hearEnd(id: string) {
			leaving.get(id)?.();
		},
		close() {
			over.abort();
			for (const leave of leaving.values()) {
				leave();
			}
		},
	};
};
