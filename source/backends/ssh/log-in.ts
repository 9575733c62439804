import type {Buffer} from 'node:buffer';
import type net from 'node:net';
import ssh2, {type Client, type ServerHostKeyAlgorithm} from 'ssh2';
import {HolmError, messageOf} from '../../engine/errors.js';
import {connectionLost, type ChannelSocket} from './channel.js';
import type {SshConfiguration} from './configuration.js';
import {readHostKeys} from './host-key.js';
import {gatherIdentities, type Ask, type Identities} from './identities.js';

export type LogInOptions = {
	readonly configuration: SshConfiguration;
	/** The host in error messages: `ssh://me@host`. */
	readonly name: string;
	/** The user's ssh command for the host. */
	readonly command: string;
	readonly ask: Ask;
};

/** Above the time of any key exchange. */
const handshakeMs = 20_000;

const reasons: Readonly<Record<string, string>> = {
	ENOTFOUND: 'its name cannot be resolved',
	EAI_AGAIN: 'its name cannot be resolved: no name server answers',
	ECONNREFUSED: 'the connection is refused',
	ETIMEDOUT: 'it does not answer in time',
	EHOSTUNREACH: 'there is no way to it',
	ENETUNREACH: 'there is no way to its network',
	ECONNRESET: 'it closed the connection',
};

/** Explains why a host could not be reached. */
export const unreachable = (name: string, error: unknown): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	const reason = reasons[(error as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? messageOf(error).slice(0, 300);
	return new HolmError('unavailable', `cannot reach ${name}: ${reason}`, {remedy: 'check the host, its port and whether an SSH server runs there', cause: error});
};

const notAccepted = (
	name: string,
	user: string,
	identities: Identities,
	{methods, hasHungUp}: {readonly methods: readonly string[] | undefined; readonly hasHungUp: boolean},
): HolmError => {
	const [locked] = identities.locked();
	if (locked !== undefined) {
		return new HolmError('forbidden', `${name} accepts ${locked}, whose passphrase is not known`, {remedy: `ssh-add ${locked}`});
	}

	const tried = identities.describe();
	const only = methods && !methods.includes('publickey') ? `; it takes only ${JSON.stringify(methods.join(', ').slice(0, 100))}` : '';
	const what = tried === '' ? `${name}: there is no key to log in with, neither of an agent nor in a file` : `${name} accepts none of the keys for ${JSON.stringify(user)}: ${tried}`;
	if (hasHungUp && identities.count > 1) {
		return new HolmError('forbidden', `${what}; it disconnected before all were tried`, {remedy: 'name the key in the ssh configuration: IdentityFile, and IdentitiesOnly yes'});
	}

	return new HolmError('forbidden', `${what}${only}`, {remedy: 'Holm logs in with keys and never with a password: ssh-copy-id puts one there, IdentityFile in the ssh configuration names one'});
};

/** Verifies the host's key and logs in; resolves with the client when it can open channels. */
export const logIn = async (socket: net.Socket | ChannelSocket, {configuration, name, command, ask}: LogInOptions): Promise<Client> => {
	const {promise, resolve, reject} = Promise.withResolvers<void>();
	// The user's time for a passphrase does not count.
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
		// One unusable key is not fatal: the next one is tried.
		if (error.level !== 'agent') {
			// After host verification a refusal concerns the user; some hosts just hang up.
			const hasHungUp = typeof error.code === 'number';
			reject(isVerified && (error.level === 'client-authentication' || hasHungUp) ? notAccepted(name, username, identities, {methods, hasHungUp}) : error);
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

