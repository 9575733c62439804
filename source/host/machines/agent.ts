import {type Duplex} from 'node:stream';
import {connect, type Socket} from 'node:net';
import {readFile, writeFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import ssh2, {type Client, type ClientChannel, type PseudoTtyOptions} from 'ssh2';
import {HolmError} from '../../errors.js';

/** The key with which an engine enters its machines, made once. */
export const loadKey = async (file: string): Promise<{readonly privateKey: string; readonly publicKey: string}> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as {readonly privateKey: string; readonly publicKey: string};
	} catch {
		const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
		const pair = {privateKey, publicKey};
		await writeFile(file, JSON.stringify(pair), {mode: 0o600});
		return pair;
	}
};

/** A command that runs in a guest. */
export type GuestCommand = {
	readonly channel: ClientChannel;
	/** Resolves with its exit status when it has ended and its output is read; with undefined when it was cut off. */
	readonly status: Promise<number | undefined>;
};

/** A way into one guest: SSH over a virtio-serial port, which needs no network of the guest. */
export type Agent = {
	/** Runs a shell command in the guest; its arguments must have gone through `quote`. */
	open: (command: string, terminal?: PseudoTtyOptions) => Promise<GuestCommand>;
	/** Runs a command to its end; throws `internal` when it fails. */
	run: (command: string, input?: Uint8Array) => Promise<Uint8Array>;
	close: () => void;
};

/** One word of a shell command, whatever it holds. */
export const quote = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

const handshakeAttempts = 5;

const commandAttempts = 4;

/** The server's own answer that it did not start a command, as the client library words it. */
const isRefusal = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && error.cause.message === 'Unable to exec';

/** The most a guest's answer may take in the engine's memory. */
const maximumAnswer = 16 * 1024 * 1024;

const handshake = async (socket: Socket, privateKey: string, onClose: () => void): Promise<Client> => {
	const client = new ssh2.Client();
	const {promise, resolve, reject} = Promise.withResolvers<Client>();
	client.on('ready', () => {
		resolve(client);
	});
	client.on('error', reject);
	client.on('close', () => {
		onClose();
		reject(new HolmError('internal', 'the guest closed the connection'));
	});
	// The guest starts its SSH server when it reads this line, so no byte of the greeting is lost.
	socket.write('ssh\n');
	client.connect({
		sock: socket, username: 'root', privateKey, readyTimeout: 30_000, keepaliveInterval: 0,
		// The transport is a socket that only the engine can open; nothing on the way could read or change it.
		hostVerifier: () => true,
		algorithms: {serverHostKey: ['ssh-ed25519'], kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org']},
	});
	return promise;
};

/**
Reaches the guest behind `socketPath`. The connection is made at once and kept, because a guest nobody is connected to has to poll; SSH itself starts with the first use.
*/
export const createAgent = (socketPath: string, privateKey: string): Agent => {
	let socket: Socket | undefined;
	let client: Promise<Client> | undefined;
	let isClosed = false;

	const dial = (): Socket => {
		if (socket && !socket.destroyed) {
			return socket;
		}

		const dialled = connect(socketPath);
		dialled.on('error', () => undefined);
		dialled.on('close', () => {
			if (socket === dialled) {
				socket = undefined;
			}
		});
		socket = dialled;
		return dialled;
	};

	const enter = async (): Promise<Client> => {
		if (isClosed) {
			throw new HolmError('conflict', 'the machine has ended');
		}

		client ??= (async () => {
			for (let attempt = 1; ; attempt++) {
				const connection = dial();
				try {
					let isOpen = false;
					const entered = await handshake(connection, privateKey, () => {
						if (isOpen) {
							client = undefined;
						}
					});
					isOpen = true;
					return entered;
				} catch (error) {
					connection.destroy();
					// The guest may still be ending the conversation with an earlier engine.
					if (attempt === handshakeAttempts || isClosed) {
						client = undefined;
						throw new HolmError('internal', 'the guest does not answer', {cause: error});
					}

					await delay(200);
				}
			}
		})();
		return client;
	};

	const ask: Agent['open'] = async (command, terminal) => {
		const entered = await enter();
		return new Promise((resolve, reject) => {
			entered.exec(command, terminal ? {pty: terminal} : {}, (error, channel) => {
				if (error) {
					reject(new HolmError('internal', `the guest refused a command: ${error.message}`, {cause: error}));
					return;
				}

				// A short command's end is in one piece with its beginning, and is over before the caller could listen.
				let code: number | undefined;
				channel.on('exit', (number: number | null) => {
					code = number ?? undefined;
				});
				const status = new Promise<number | undefined>(resolve => {
					channel.on('close', () => {
						resolve(code);
					});
				});
				resolve({channel, status});
			});
		});
	};

	const open: Agent['open'] = async (command, terminal) => {
		for (let attempt = 1; ; attempt++) {
			try {
				return await ask(command, terminal);
			} catch (error) {
				// A guest that is busy with its start refuses the first terminal now and then. What is refused was not begun.
				if (attempt === commandAttempts || isClosed || !isRefusal(error)) {
					throw error;
				}

				await delay(100);
			}
		}
	};

	dial();
	return {
		open,
		async run(command, input) {
			const {channel, status} = await open(command);
			const chunks: Uint8Array[] = [];
			let errors = '';
			let size = 0;
			channel.on('data', (chunk: Uint8Array) => {
				size += chunk.length;
				if (size <= maximumAnswer) {
					chunks.push(chunk);
				}
			});
			channel.stderr.on('data', (chunk: Uint8Array) => {
				errors = (errors + Buffer.from(chunk).toString()).slice(-1000);
			});
			channel.end(input);
			const exitCode = await status;
			if (exitCode !== 0) {
				throw new HolmError('internal', `the guest could not do it: ${errors.trim().split('\n').at(-1) || `exit status ${exitCode}`}`);
			}

			return Buffer.concat(chunks);
		},
		close() {
			isClosed = true;
			socket?.destroy();
		},
	};
};
