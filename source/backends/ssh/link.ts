import type {Buffer} from 'node:buffer';
import net from 'node:net';
import type {Client, ClientChannel, TerminalModes} from 'ssh2';
import {HolmError} from '../../engine/errors.js';
import type {TerminalSize} from '../../engine/sessions.js';
import {connectionLost, createChannelSocket, type ChannelOptions, type ChannelSocket} from './channel.js';
import {createCommandChannel, type CommandChannel, type RemoteProcess} from './command-channel.js';
import type {SshConfiguration} from './configuration.js';
import {logIn, unreachable, type LogInOptions} from './log-in.js';
import {startPulse} from './pulse.js';

/** An SSH connection to a host. It keeps the process alive while one of its channels does. */
export type Link = {
	/** Opens a channel to a socket of the host. */
	readonly openSocket: (path: string) => Promise<ChannelSocket>;
	/** Opens a channel to a port that the host can reach. */
	readonly openPort: (host: string, port: number) => Promise<ChannelSocket>;
	/** Opens a channel to a command. If the command fails before any output, `failure` makes the error from its status and standard error. */
	readonly openCommand: (command: string, onFailure: (status: number | undefined, text: string) => Error) => Promise<ChannelSocket>;
	/**
	Runs a command with its streams apart; a terminal passes everything on as it is.

	Throws `unavailable` if the host does not answer in time, or refuses another channel.
	*/
	readonly execute: (command: string, options?: ExecuteOptions) => Promise<RemoteProcess>;
	/** Milliseconds that the host last took for an answer; undefined until it has. */
	readonly roundTripMs: () => number | undefined;
	readonly isAlive: () => boolean;
	/** Calls back when the connection is lost or closed, after the streams have their error. */
	readonly onClose: (listener: () => void) => void;
	readonly close: () => void;
};

export type ExecuteOptions = {
	readonly terminal?: TerminalSize;
	/** Milliseconds that the host may take to begin; default 15,000. */
	readonly limitMs?: number;
};

export type LinkOptions = LogInOptions & {
	/** Connection to the jump host; closed with this one. */
	readonly through?: Link;
};

const maximumStderr = 2000;

/** How long the host may take to open a channel. */
const channelLimitMs = 15_000;

/** A terminal that changes nothing: the program at its other end has the modes. Zero is off. */
const rawModes: TerminalModes = {
	ECHO: 0,
	ECHOE: 0,
	ECHOK: 0,
	ECHONL: 0,
	ICANON: 0,
	ISIG: 0,
	IEXTEN: 0,
	ICRNL: 0,
	INLCR: 0,
	IGNCR: 0,
	ISTRIP: 0,
	IXON: 0,
	IXOFF: 0,
	OPOST: 0,
	ONLCR: 0,
};

const connectSocket = async ({hostname, port, family, bindAddress, connectTimeoutMs}: SshConfiguration): Promise<net.Socket> => {
	const socket = net.connect({host: hostname, port, family, localAddress: bindAddress, noDelay: true});
	const {promise, resolve, reject} = Promise.withResolvers<void>();
	const timer = setTimeout(() => {
		socket.destroy(Object.assign(new Error('it does not answer'), {code: 'ETIMEDOUT'}));
	}, connectTimeoutMs);
	socket.once('connect', resolve).on('error', reject);
	try {
		await promise;
		return socket;
	} finally {
		clearTimeout(timer);
	}
};

type OpenOptions = Pick<ChannelOptions, 'endsWith' | 'failure'> & {
	/** Called once the channel is open, before its first bytes are read. */
	readonly listen?: (channel: ClientChannel, stream: ChannelSocket) => void;
};

/**
Connects to a host, verifies its key, and logs in.

Throws `unavailable` if it cannot be reached, and `forbidden` if its key is not trusted or it accepts none of the user's.
*/
export const openLink = async (options: LinkOptions): Promise<Link> => {
	const {configuration, name, through} = options;
	let socket: net.Socket | ChannelSocket;
	try {
		socket = through ? await through.openPort(configuration.hostname, configuration.port) : await connectSocket(configuration);
	} catch (error) {
		through?.close();
		throw unreachable(name, error);
	}

	let client: Client;
	try {
		client = await logIn(socket, options);
	} catch (error) {
		socket.destroy();
		through?.close();
		throw error;
	}

	const channels = new Set<ChannelSocket>();
	const commands = new Set<CommandChannel>();
	const listeners = new Set<() => void>();
	let holders = 0;
	let isAlive = true;
	const hold = () => {
		holders++;
		if (holders === 1 && isAlive) {
			socket.ref();
		}
	};

	const release = () => {
		holders--;
		// Without its handle, the socket would wait to be connected.
		if (holders === 0 && isAlive) {
			socket.unref();
		}
	};

	socket.unref();
	const pulse = startPulse(client, socket);
	// A lost connection only ends its channels; a truncated response would look complete.
	client.on('close', () => {
		isAlive = false;
		through?.close();
		for (const channel of channels) {
			channel.destroy(connectionLost('the SSH connection was lost'));
		}

		for (const command of commands) {
			command.lose(lost());
		}

		for (const listener of listeners) {
			listener();
		}
	});

	const lost = () => new HolmError('unavailable', `the SSH connection to ${name} was lost`, {remedy: 'try again; holm connects anew', retryAfterMs: 500});

	const unfinished = () => isAlive
		? new HolmError('unavailable', `${name} closed the channel of a command that had no status yet`, {remedy: 'try again'})
		: lost();

	/** Starts a command within a limit. Its status can arrive together with the confirmation, so that listeners are added at once. */
	const start = async (command: string, {terminal, limitMs = channelLimitMs}: ExecuteOptions): Promise<CommandChannel> => {
		const {promise, resolve, reject} = Promise.withResolvers<CommandChannel>();
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			reject(new HolmError('unavailable', `${name} did not begin a command within ${limitMs / 1000} seconds`, {remedy: 'check how busy that host is'}));
		}, limitMs);
		try {
			client.exec(command, {...terminal && {pty: {rows: terminal.rows, cols: terminal.columns, term: 'xterm-256color', modes: rawModes}}}, (error, channel) => {
				if (error) {
					reject(isAlive ? new HolmError('unavailable', `${name} refuses another command: ${error.message.slice(0, 200)}`, {remedy: 'raise MaxSessions in its sshd_config', cause: error}) : lost());
					return;
				}

				if (isLate) {
					channel.close();
					return;
				}

				const opened = createCommandChannel(channel, {release, unfinished});
				commands.add(opened);
				channel.once('close', () => {
					commands.delete(opened);
				});
				resolve(opened);
			});
			return await promise;
		} catch (error) {
			throw error instanceof HolmError ? error : lost();
		} finally {
			clearTimeout(timer);
		}
	};

	// The first data can arrive together with the confirmation, so that listeners are added at once.
	const open = async (
		ask: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
		{listen, ...channelOptions}: OpenOptions = {},
	): Promise<ChannelSocket> => {
		hold();
		try {
			return await new Promise<ChannelSocket>((resolve, reject) => {
				ask((error, channel) => {
					if (error) {
						reject(error);
						return;
					}

					const stream = createChannelSocket(channel, {hold, release, ...channelOptions});
					channels.add(stream);
					stream.once('close', () => {
						channels.delete(stream);
					});
					listen?.(channel, stream);
					resolve(stream);
				});
			});
		} catch (error) {
			release();
			throw isAlive ? error : connectionLost('the SSH connection was lost');
		}
	};

	return {
		isAlive: () => isAlive,
		roundTripMs: pulse.roundTripMs,
		onClose(listener) {
			listeners.add(listener);
		},
		close() {
			client.end();
		},
		async execute(command, given = {}) {
			hold();
			try {
				return await start(command, given);
			} catch (error) {
				release();
				throw error;
			}
		},
		openSocket: async path => open(done => {
			client.openssh_forwardOutStreamLocal(path, done);
		}),
		openPort: async (host, port) => open(done => {
			client.forwardOut('127.0.0.1', 0, host, port, done);
		}),
		async openCommand(command, onFailure) {
			let text = '';
			let failure: Error | undefined;
			return open(done => {
				client.exec(command, done);
			}, {
				endsWith: 'close',
				failure: () => failure,
				listen(channel, stream) {
					channel.stderr.on('data', (chunk: Buffer) => {
						text = (text + chunk.toString()).slice(0, maximumStderr);
					});
					channel.on('exit', (status: number | null) => {
						if (status === 0) {
							return;
						}

						failure = stream.bytesRead === 0 ? onFailure(status ?? undefined, text) : connectionLost('the command there has failed');
						// By then the caller has the stream and gets its error.
						setImmediate(() => {
							stream.destroy(failure);
						});
					});
				},
			});
		},
	};
};
