import {describeAddress, type SshAddress} from '../../wire/addresses.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {quote} from '../../text/escape.js';
import type {Environment} from '../hosts/which-engine.js';
import {type SshTarget, parseTarget} from '../../wire/ssh-target.js';
import type {ChannelSocket} from './channel.js';
import {readConfiguration} from './configuration.js';
import type {Ask} from './identities.js';
import {openLink, type Link} from './link.js';

export type DialOptions = {
	/** For the home directory, the agent and other lookups of ssh. */
	readonly environment: Environment;
	/** Asks for the passphrase of a key; without it, encrypted keys need the agent. */
	readonly ask?: Ask;
};

/** Dials the engine of another host. */
export type Dialer = {
	/** Logs in if that is not done yet. */
	readonly reach: () => Promise<void>;
	/** Opens a connection to the engine; all go to the same one. */
	readonly dial: () => Promise<ChannelSocket>;
};

/** Sockets to try without a path, in this order. */
export const remoteSockets = ['/run/holm/holm.sock', '/var/lib/holm/holm.sock', '/var/run/docker.sock'] as const;

// More jumps than in any real setup; beyond them is a loop.
const mostJumps = 8;

const commandOf = ({host, user, port}: SshTarget) => `ssh ${port === undefined ? '' : `-p ${port} `}${user === undefined ? '' : `${user}@`}${host}`;

const nameOf = ({host, user, port}: SshTarget) => describeAddress({kind: 'ssh', host, user, port});

/** Connects to a host through its jump hosts. `jumps` replace those of the configuration. */
const reachHost = async (
	target: SshTarget,
	{environment, ask = async () => undefined}: DialOptions,
	{jumps, depth = 0}: {readonly jumps?: readonly string[]; readonly depth?: number} = {},
): Promise<Link> => {
	const configuration = await readConfiguration(target, environment);
	const way = jumps ?? configuration.jumps;
	const nearest = way.at(-1);
	if (nearest !== undefined && depth >= mostJumps) {
		throw new HolmError('invalid', `ProxyJump leads from ${target.host} through more than ${mostJumps} hosts`, {remedy: 'look for a loop in ProxyJump'});
	}

	const before = way.slice(0, -1);
	const through = nearest === undefined
		? undefined
		: await reachHost(parseTarget(nearest), {environment, ask}, {depth: depth + 1, ...before.length > 0 && {jumps: before}});
	return openLink({configuration, name: nameOf(target), command: commandOf(target), ask, through});
};

/** How the engine was reached. It stays the same: another engine must not take the place of one that is gone. */
type Route = {readonly kind: 'socket'; readonly path: string} | {readonly kind: 'command'};

const createDialer = (address: SshAddress, options: DialOptions): Dialer => {
	const {path, isDocker} = address;
	const name = describeAddress(address);
	const paths = path === undefined ? (isDocker ? remoteSockets.slice(-1) : remoteSockets) : [path];
	const command = `docker ${path === undefined ? '' : `--host ${quote(`unix://${path}`)} `}system dial-stdio`;
	let opening: Promise<Link> | undefined;
	let route: Route | undefined;

	const link = async (): Promise<Link> => {
		const current = opening;
		if (current) {
			const before = await current;
			if (before.isAlive()) {
				return before;
			}

			// Another request may have opened a new one meanwhile.
			opening = opening === current ? undefined : opening;
		}

		opening ??= (async () => {
			try {
				return await reachHost(address, options);
			} catch (error) {
				opening = undefined;
				throw error;
			}
		})();
		return opening;
	};

	const noEngine = (cause: unknown, said = '') => new HolmError('unavailable', `no engine answers at ${name}: tried ${paths.join(', ')} and ${JSON.stringify(command)}${said && `, which said ${JSON.stringify(said)}`}`, {
		remedy: path === undefined ? 'start it there, log in as a user who may open its socket, or name the socket: ssh://host/path' : 'start it there, or log in as a user who may open its socket',
		cause,
	});

	const openCommand = async (host: Link) => {
		try {
			const stream = await host.openCommand(command, (status, text) => {
				route = undefined;
				return noEngine(undefined, messageOf(text).slice(0, 200) || `status ${status ?? 'of a signal'}`);
			});
			route = {kind: 'command'};
			return stream;
		} catch (error) {
			throw host.isAlive() ? noEngine(error) : error;
		}
	};

	const find = async (host: Link) => {
		for (const socketPath of paths) {
			try {
				const stream = await host.openSocket(socketPath);
				route ??= {kind: 'socket', path: socketPath};
				return stream;
			} catch (error) {
				if (!host.isAlive()) {
					throw error;
				}
			}
		}

		return openCommand(host);
	};

	return {
		async reach() {
			await link();
		},
		async dial() {
			const host = await link();
			if (route?.kind !== 'socket') {
				return route ? openCommand(host) : find(host);
			}

			try {
				return await host.openSocket(route.path);
			} catch (error) {
				throw host.isAlive() ? new HolmError('unavailable', `no engine answers any more at ${route.path} of ${name}`, {remedy: 'start it there', cause: error}) : error;
			}
		},
	};
};

// The dashboard reconnects whenever an engine is gone; the SSH connection to its host may still work.
const dialers = new WeakMap<Environment, Map<string, Dialer>>();

/** A dialer for an engine behind SSH. Each host has one connection for the life of the process, reopened when it is lost. */
export const dialerFor = (address: SshAddress, options: DialOptions): Dialer => {
	const known = dialers.get(options.environment) ?? new Map<string, Dialer>();
	dialers.set(options.environment, known);
	const key = JSON.stringify(address);
	const dialer = known.get(key) ?? createDialer(address, options);
	known.set(key, dialer);
	return dialer;
};
