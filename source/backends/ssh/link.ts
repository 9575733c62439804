import {type Buffer} from 'node:buffer';
import net from 'node:net';
import ssh2, {type Client, type ClientChannel, type ServerHostKeyAlgorithm} from 'ssh2';
import {HolmError, messageOf} from '../../errors.js';
import {connectionLost, createChannelSocket, type ChannelSocket} from './channel.js';
import type {SshConfiguration} from './configuration.js';
import {readHostKeys} from './host-key.js';
import {gatherIdentities, type Ask, type Identities} from './identities.js';
import {startPulse} from './pulse.js';

/** A connection to a host on which channels are opened. It keeps the process alive as long as one of its channels does. */
export type Link = {
	/** Opens a channel to a socket of the host. */
	readonly openSocket: (path: string) => Promise<ChannelSocket>;
	/** Opens a channel to a port that the host can reach. */
	readonly openPort: (host: string, port: number) => Promise<ChannelSocket>;
	/** Opens a channel to a command. Its failure before it has said anything is an error that is made of its status and what it says on standard error. */
	readonly openCommand: (command: string, onFailure: (status: number | undefined, text: string) => Error) => Promise<ChannelSocket>;
	readonly isAlive: () => boolean;
};

export type LinkOptions = {
	readonly configuration: SshConfiguration;
	/** The host in the words of an error: `ssh://me@host`. */
	readonly name: string;
	/** What the user types to reach the host by ssh. */
	readonly command: string;
	readonly ask: Ask;
	/** The connection through which the host is reached. */
	readonly through?: Link;
};

/** Longer than any host takes to greet and to agree on keys. */
const handshakeMs = 20_000;
const maximumStderr = 2000;

const reasons: Readonly<Record<string, string>> = {
	ENOTFOUND: 'its name cannot be resolved',
	EAI_AGAIN: 'its name cannot be resolved: no name server answers',
	ECONNREFUSED: 'the connection is refused',
	ETIMEDOUT: 'it does not answer in time',
	EHOSTUNREACH: 'there is no way to it',
	ENETUNREACH: 'there is no way to its network',
	ECONNRESET: 'it closed the connection',
};

const unreachable = (name: string, error: unknown): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	const reason = reasons[(error as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? messageOf(error).slice(0, 300);
	return new HolmError('unavailable', `cannot reach ${name}: ${reason}`, {remedy: 'check the host, its port and whether an SSH server runs there', cause: error});
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

const notAccepted = (name: string, user: string, identities: Identities, methods: readonly string[] | undefined): HolmError => {
	const [locked] = identities.locked();
	if (locked !== undefined) {
		return new HolmError('forbidden', `${name} accepts ${locked}, whose passphrase is not known`, {remedy: `ssh-add ${locked}`});
	}

	const tried = identities.describe();
	const only = methods && !methods.includes('publickey') ? `; it takes only ${JSON.stringify(methods.join(', ').slice(0, 100))}` : '';
	const what = tried === '' ? `${name}: there is no key to log in with, neither of an agent nor in a file` : `${name} accepts none of the keys for ${JSON.stringify(user)}: ${tried}`;
	return new HolmError('forbidden', `${what}${only}`, {remedy: 'Holm logs in with keys and never with a password: ssh-copy-id puts one there, IdentityFile in the ssh configuration names one'});
};

/** Logs in and resolves with the client when it may open channels. */
const logIn = async (socket: net.Socket | ChannelSocket, {configuration, name, command, ask}: LinkOptions): Promise<Client> => {
	const {promise, resolve, reject} = Promise.withResolvers<void>();
	// A user takes time to find a passphrase, and that is not the host's.
	let timer: NodeJS.Timeout | undefined;
	const startTimer = () => {
		timer = setTimeout(() => {
			reject(Object.assign(new Error('no handshake in time'), {code: 'ETIMEDOUT'}));
		}, handshakeMs);
	};

	const [hostKeys, identities] = await Promise.all([
		readHostKeys(configuration, command),
		gatherIdentities(configuration, async question => {
			clearTimeout(timer);
			const answer = await ask(question);
			startTimer();
			return answer;
		}),
	]);
	const client = new ssh2.Client();
	const username = configuration.user;
	let methods: readonly string[] | undefined;
	let isVerified = false;
	const attempts = [{type: 'none', username}, ...identities.count > 0 ? [{type: 'agent', username, agent: identities.agent}] : []];

	client.on('ready', resolve);
	client.on('error', (error: Error & {readonly level?: string; readonly code?: unknown}) => {
		// That one key could not be used is no end: the next one is tried.
		if (error.level !== 'agent') {
			// After the host key every refusal is about who logs in, and some hosts only say so by hanging up.
			reject(isVerified && (error.level === 'client-authentication' || typeof error.code === 'number') ? notAccepted(name, username, identities, methods) : error);
		}
	});
	client.on('close', () => {
		reject(connectionLost('it closed the connection'));
	});
	startTimer();
	client.connect({
		sock: socket,
		username,
		readyTimeout: 0,
		strictVendor: false,
		algorithms: {serverHostKey: hostKeys.algorithms as ServerHostKeyAlgorithm[]},
		hostVerifier(key: Buffer, verify: (isTrusted: boolean) => void) {
			hostKeys.verify(key).then(() => {
				isVerified = true;
				verify(true);
			}, (error: unknown) => {
				reject(error);
				verify(false);
			});
		},
		authHandler(methodsLeft: readonly string[] | null, _isPartial: boolean | null, next: (attempt: never) => void) {
			methods = methodsLeft ?? methods;
			next((attempts.shift() ?? false) as never);
		},
	});
	try {
		await promise;
		return client;
	} catch (error) {
		client.destroy();
		throw unreachable(name, error);
	} finally {
		clearTimeout(timer);
	}
};

/**
Connects to a host, sees that it is the one that is known, and logs in.

Throws `unavailable` where it cannot be reached, `forbidden` where it or the user is not trusted.
*/
export const openLink = async (options: LinkOptions): Promise<Link> => {
	const {configuration, name, through} = options;
	let socket: net.Socket | ChannelSocket;
	try {
		socket = through ? await through.openPort(configuration.hostname, configuration.port) : await connectSocket(configuration);
	} catch (error) {
		throw unreachable(name, error);
	}

	let client: Client;
	try {
		client = await logIn(socket, options);
	} catch (error) {
		socket.destroy();
		throw error;
	}

	const channels = new Set<ChannelSocket>();
	let holders = 0;
	let isAlive = true;
	const hold = () => {
		holders++;
		if (holders === 1) {
			socket.ref();
		}
	};

	const release = () => {
		holders--;
		if (holders === 0) {
			socket.unref();
		}
	};

	socket.unref();
	startPulse(client, socket);
	// A channel only ends when its connection is lost, and half an answer would pass for a whole one.
	client.on('close', () => {
		isAlive = false;
		for (const channel of channels) {
			channel.destroy(connectionLost('the SSH connection was lost'));
		}
	});

	const open = async (ask: (done: (error: Error | undefined, channel: ClientChannel) => void) => void, endsWith?: 'close'): Promise<{readonly channel: ClientChannel; readonly stream: ChannelSocket}> => {
		hold();
		try {
			const channel = await new Promise<ClientChannel>((resolve, reject) => {
				ask((error, channel) => {
					if (error) {
						reject(error);
					} else {
						resolve(channel);
					}
				});
			});
			const stream = createChannelSocket(channel, {hold, release, endsWith});
			channels.add(stream);
			stream.once('close', () => {
				channels.delete(stream);
			});
			return {channel, stream};
		} catch (error) {
			release();
			throw isAlive ? error : connectionLost('the SSH connection was lost');
		}
	};

	return {
		isAlive: () => isAlive,
		async openSocket(path) {
			const {stream} = await open(done => {
				client.openssh_forwardOutStreamLocal(path, done);
			});
			return stream;
		},
		async openPort(host, port) {
			const {stream} = await open(done => {
				client.forwardOut('127.0.0.1', 0, host, port, done);
			});
			return stream;
		},
		async openCommand(command, onFailure) {
			const {channel, stream} = await open(done => {
				client.exec(command, done);
			}, 'close');
			let text = '';
			channel.stderr.on('data', (chunk: Buffer) => {
				text = (text + chunk.toString()).slice(0, maximumStderr);
			});
			channel.on('exit', (status: number | null) => {
				if (status !== 0) {
					stream.destroy(stream.bytesRead === 0 ? onFailure(status ?? undefined, text) : connectionLost('the command there has failed'));
				}
			});
			return stream;
		},
	};
};
