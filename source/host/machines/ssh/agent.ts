import type {ClientChannel} from 'ssh2';
import {HolmError} from '../../../engine/errors.js';
import {patienceRemedy, within} from '../patience.js';
import {sshPorts} from '../qemu.js';
import {watchSilence} from '../silence.js';
import {dialSsh, type Ssh} from './ssh.js';

/** A command that runs in a guest. */
export type GuestCommand = {
	readonly channel: ClientChannel;
	/** Resolves with the exit status when the command has ended and its output is read; with undefined if the connection broke. */
	readonly status: Promise<number | undefined>;
	/** Closes the connection, which also ends a command that is blocked on writing. Closing only the channel would not: the server waits for the command, and the command waits for a reader. */
	readonly abandon: () => void;
};

/** Runs commands in one guest, by SSH over virtio-serial ports, which needs no network. */
export type Agent = {
	/**
	Runs a shell command in the guest. Quote its arguments with `quote`.

	A command with `spare`, such as a user's, leaves that many connections to commands without. It throws `unavailable` if other such commands use all the rest, or if no connection is free.
	*/
	open: (command: string, options?: {readonly spare?: number}) => Promise<GuestCommand>;
	/** Runs a command and resolves with its standard output. Throws `internal` if it fails, and `unavailable` if the guest is silent for too long. */
	run: (command: string, input?: Uint8Array) => Promise<Uint8Array>;
	close: () => void;
};

/** Reads a command's standard error. The returned function gives its last line. */
export const complaintOf = ({stderr}: ClientChannel): (() => string) => {
	let text = '';
	stderr.on('data', (chunk: Uint8Array) => {
		text = (text + Buffer.from(chunk).toString()).slice(-1000);
	});
	return () => text.trim().split('\n').at(-1)!;
};

/** Bytes that are kept of a command's output. */
const maximumAnswer = 16 * 1024 * 1024;

/** How long an idle connection is kept. */
const idleMs = 60_000;

type Connection = {
	readonly index: number;
	readonly ssh: Promise<Ssh>;
	isBusy: boolean;
	/** Whether its command has to leave connections to others. */
	isLimited: boolean;
	idleTimer?: NodeJS.Timeout;
	/** Set while it ends. Resolves when its port is free. */
	ending?: Promise<void>;
};

export type AgentOptions = {
	/** Sockets of the guest's SSH ports, in the order of `sshPorts`. */
	readonly sockets: readonly string[];
	readonly privateKey: string;
	/** Sends a line to the guest's control port. */
	readonly tell: (line: string) => Promise<void>;
};

/** After authentication the server starts a command at once. */
const beginLimitMs = 15_000;

const execute = async ({client}: Ssh, command: string) => within(new Promise<Omit<GuestCommand, 'abandon'>>((resolve, reject) => {
	client.exec(command, (error, channel) => {
		if (error) {
			reject(new HolmError('internal', 'the guest refused a command', {cause: error}));
			return;
		}

		// A short command may end before the caller could add listeners.
		let code: number | undefined;
		channel.on('exit', (number: number | null) => {
			code = number ?? undefined;
		});
		const status = new Promise<number | undefined>(done => {
			channel.on('close', () => {
				done(code);
			});
		});
		resolve({channel, status});
	});
}), beginLimitMs, () => new HolmError('unavailable', `the guest did not begin a command within ${beginLimitMs / 1000} seconds`));

/**
Connects to the guest behind `sockets` on the first command.

A connection runs one command at a time: dropbear 2022.82 to 2024.85 closes a connection with all its commands if one ends while another one starts (https://github.com/mkj/dropbear/issues/321).
*/
export const createAgent = ({sockets, privateKey, tell}: AgentOptions): Agent & {
	/** Call it with the id of a connection when the guest reports its end. */
	readonly hearEnd: (id: string) => void;
} => {
	const connections = new Set<Connection>();
	const leaving = new Map<string, () => void>();
	let isClosed = false;

	const end = (connection: Connection) => {
		clearTimeout(connection.idleTimer);
		connection.isBusy = true;
		connection.ending ??= connection.ssh.then(async ({close, left}) => {
			close();
			await left;
		}).catch(() => undefined).finally(() => {
			connections.delete(connection);
		});
	};

	const dial = (index: number, isLimited: boolean): Connection => {
		const ssh = dialSsh({
			socketPath: sockets[index]!, port: sshPorts[index]!, privateKey, tell, leaving,
		});
		const connection: Connection = {
			index, ssh, isBusy: true, isLimited,
		};
		connections.add(connection);
		void ssh.then(({client}) => {
			client.on('close', () => {
				end(connection);
			});
		}, () => {
			end(connection);
		});
		return connection;
	};

	/** Whether another command with this `spare` may run. Commands without do not count: they are the engine's, come and go, and have connections of their own. */
	const hasRoom = (spare: number): boolean => {
		const limited = [...connections].filter(({isBusy, isLimited}) => isBusy && isLimited);
		return spare === 0 || limited.length < sockets.length - spare;
	};

	/** Connects over a free port, or one that will be free soon. */
	const dialFree = async (spare: number): Promise<Connection> => {
		for (;;) {
			const used = new Set([...connections].map(({index}) => index));
			const index = sockets.findIndex((_, candidate) => !used.has(candidate));
			if (index !== -1 && hasRoom(spare)) {
				return dial(index, spare > 0);
			}

			const leavers = [...connections].filter(({ending}) => ending !== undefined);
			if (leavers.length === 0) {
				throw new HolmError('unavailable', `${sockets.length - spare} commands run in the container already`, {remedy: 'wait until one of them has ended'});
			}

			await Promise.race(leavers.map(async ({ending}) => ending));
		}
	};

	const rest = (connection: Connection) => {
		const isSpare = [...connections].some(({isBusy}) => !isBusy);
		if (isSpare || isClosed) {
			end(connection);
			return;
		}

		connection.isBusy = false;
		connection.idleTimer = setTimeout(end, idleMs, connection);
		connection.idleTimer.unref();
	};

	const begin = async (connection: Connection, command: string, isLimited: boolean) => {
		clearTimeout(connection.idleTimer);
		connection.isBusy = true;
		connection.isLimited = isLimited;
		try {
			const begun = await execute(await connection.ssh, command);
			void begun.status.then(code => {
				// An abandoned command may still run, and would end while the next one starts.
				if (code === undefined) {
					end(connection);
				} else {
					rest(connection);
				}
			});
			return {
				...begun,
				abandon() {
					end(connection);
				},
			};
		} catch (error) {
			end(connection);
			throw error;
		}
	};

	const open: Agent['open'] = async (command, {spare = 0} = {}) => {
		if (isClosed) {
			throw new HolmError('conflict', 'the machine has ended');
		}

		const idle = [...connections].find(({isBusy}) => !isBusy);
		if (idle && hasRoom(spare)) {
			try {
				return await begin(idle, command, spare > 0);
			} catch {
				// The guest may have closed the connection. The command did not run.
			}
		}

		return begin(await dialFree(spare), command, spare > 0);
	};

	return {
		open,
		async run(command, input) {
			const {channel, status, abandon} = await open(command);
			const chunks: Uint8Array[] = [];
			const complaint = complaintOf(channel);
			let size = 0;
			channel.on('data', (chunk: Uint8Array) => {
				size += chunk.length;
				if (size <= maximumAnswer) {
					chunks.push(chunk);
				}
			});
			channel.end(input);
			let silentMs: number | undefined;
			const stop = watchSilence({
				progress: () => size,
				onSilence(limitMs) {
					silentMs = limitMs;
					abandon();
				},
			});
			const exitCode = await status;
			stop();
			if (silentMs !== undefined) {
				throw new HolmError('unavailable', `the guest said nothing for ${silentMs / 1000} seconds`, {remedy: patienceRemedy});
			}

			if (exitCode !== 0) {
				throw new HolmError('internal', `the guest could not do it: ${complaint() || (exitCode === undefined ? 'the connection ended' : `exit status ${exitCode}`)}`);
			}

			return Buffer.concat(chunks);
		},
		hearEnd(id) {
			leaving.get(id)?.();
		},
		close() {
			isClosed = true;
			for (const connection of connections) {
				end(connection);
			}

			for (const leave of leaving.values()) {
				leave();
			}
		},
	};
};
