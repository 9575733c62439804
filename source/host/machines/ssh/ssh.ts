import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import ssh2, {type Client} from 'ssh2';
import {HolmError, messageOf} from '../../../engine/errors.js';
import {patienceRemedy} from '../patience.js';
import {connectOwn} from '../run-directory.js';

export type SshOptions = {
	/** Socket of a guest's serial port. */
	readonly socketPath: string;
	/** Number of the port. */
	readonly port: number;
	readonly privateKey: string;
	/** Which of the guest's servers: `ssh` runs commands, `relay` connects sockets; default `ssh`. */
	readonly verb?: 'ssh' | 'relay';
	/** Sends a line to the guest's control port. */
	readonly tell: (line: string) => Promise<void>;
	/** Callbacks by connection id, called when the guest reports the connection's end. The byte stream alone does not show it. */
	readonly leaving: Map<string, () => void>;
};

/** An SSH connection to a guest. */
export type Ssh = {
	readonly client: Client;
	readonly close: () => void;
	/** Resolves when the guest has ended the connection, so its port is free. */
	readonly left: Promise<void>;
};

const attempts = 5;
/** How long the guest may take to start and to end a connection. */
const guestTimeoutMs = 10_000;

/**
Makes the guest start a server for a connection and waits for its greeting. If an earlier server still uses the port, the new one exits at once and is started again.
*/
const awaitGreeting = async (socket: Socket, start: () => Promise<void>, whenLeft: () => Promise<void>) => {
	// Send nothing before the greeting, because an exiting server could read it.
	const signal = AbortSignal.timeout(guestTimeoutMs);
	const heard = Promise.race([
		once(socket, 'readable', {signal}),
		once(socket, 'close', {signal}),
	]).then(() => true);
	// Not awaited if starting fails.
	heard.catch(() => undefined);
	for (let attempt = 1; attempt <= attempts; attempt++) {
		const leaves = whenLeft().then(() => false);
		await start();
		if (await Promise.race([heard, leaves])) {
			if (socket.destroyed) {
				throw new HolmError('internal', 'the machine closed the connection');
			}

			return;
		}

		await delay(attempt * 50);
	}

	throw new HolmError('internal', 'its SSH server exits at once');
};

const connectSocket = async ({socketPath, port, verb = 'ssh', tell, leaving}: SshOptions) => {
	// Tells this connection from earlier ones over the same port.
	const id = randomBytes(4).toString('hex');
	const left = Promise.withResolvers<void>();
	const socket = connectOwn(socketPath);
	const leave = () => {
		socket.destroy();
		left.resolve();
	};

	leaving.set(id, leave);
	socket.on('close', () => {
		// The guest may be unable to report it.
		setTimeout(left.resolve, guestTimeoutMs).unref();
	});
	void left.promise.then(() => {
		leaving.delete(id);
	});
	try {
		await once(socket, 'connect');
		await awaitGreeting(socket, async () => tell(`${verb} ${port} ${id}\n`), async () => new Promise(resolve => {
			leaving.set(id, resolve);
		}));
		leaving.set(id, leave);
		return {socket, left: left.promise};
	} catch (error) {
		leave();
		throw error;
	}
};

const dialOnce = async (options: SshOptions): Promise<Ssh> => {
	const {socket, left} = await connectSocket(options);
	const client = new ssh2.Client();
	const {promise, resolve, reject} = Promise.withResolvers<void>();
	client.on('ready', resolve);
	client.on('error', reject);
	client.on('close', () => {
		reject(new HolmError('internal', 'the guest closed the connection'));
	});
	const close = () => {
		socket.destroy();
	};

	try {
		client.connect({
			sock: socket, username: 'root', privateKey: options.privateKey, readyTimeout: 30_000, keepaliveInterval: 0,
			// The transport is a local socket that only the engine can open.
			hostVerifier: () => true,
			algorithms: {serverHostKey: ['ssh-ed25519'], kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org']},
		});
		await promise;
		return {client, close, left};
	} catch (error) {
		close();
		throw error;
	}
};

/** Connects to the SSH server that the guest starts for the connection. Throws `internal` if the guest does not answer. */
export const dialSsh = async (options: SshOptions): Promise<Ssh> => {
	for (let attempt = 1; ; attempt++) {
		try {
			return await dialOnce(options);
		} catch (error) {
			if (attempt === attempts) {
				// EAGAIN means that the socket's queue is full, which adds nothing.
				const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
				throw new HolmError('internal', `the guest does not answer${isFull ? '' : `: ${messageOf(error)}`}`, {remedy: patienceRemedy, cause: error});
			}

			// An earlier connection over this port may still be ending.
			await delay(100);
		}
	}
};
