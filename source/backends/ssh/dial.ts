import {describeAddress, type SshAddress} from '../../wire/addresses.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {quote} from '../../text/escape.js';
import type {Environment} from '../hosts/which-engine.js';
import {type SshTarget, parseTarget} from '../../wire/ssh-target.js';
import type {ChannelSocket} from './channel.js';
import {readConfiguration} from './configuration.js';
import type {Ask} from './identities.js';
import {openLink, type Link} from './link.js';
import {reopening} from './reopening.js';

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
	/** Whether one of the usual sockets answers, or another one, which is tried instead; what was found stays. The first connection is kept for `dial`. */
	readonly hasSocket: (other?: string) => Promise<boolean>;
	/** Names something else that was looked for in vain, for the error. */
	readonly missed: (what: string) => void;
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

/** Connections to one host. */
export type Host = {
	/** The one that all share for the life of the process, opened again when it is lost. */
	readonly link: () => Promise<Link>;
	/** One of its own. */
	readonly another: () => Promise<Link>;
	/** Milliseconds of a question and its answer, once it is known. */
	readonly roundTripMs: () => number | undefined;
};

const createHost = (target: SshTarget, {environment, ask}: DialOptions): Host => {
	let latest: Link | undefined;
	const answers = new Map<string, string | undefined>();
	const another = async () => {
		const asked = new Set<string>();
		return reachHost(target, {environment, ask: ask && (async question => {
			// A passphrase is asked for once, unless it was wrong.
			if (asked.has(question) || answers.get(question) === undefined) {
				answers.set(question, await ask(question));
			}

			asked.add(question);
			return answers.get(question);
		})});
	};

	return {
		another,
		roundTripMs: () => latest?.roundTripMs(),
		link: reopening(async () => {
			latest = await another();
			return latest;
		}),
	};
};

/** How the engine was reached. It stays the same: another engine must not take the place of one that is gone. */
type Route = {readonly kind: 'socket'; readonly path: string} | {readonly kind: 'command'};

const createDialer = (address: SshAddress, options: DialOptions): Dialer => {
	const {path, isDocker} = address;
	const name = describeAddress(address);
	const paths = path === undefined ? (isDocker ? remoteSockets.slice(-1) : remoteSockets) : [path];
	const command = `docker ${path === undefined ? '' : `--host ${quote(`unix://${path}`)} `}system dial-stdio`;
	let route: Route | undefined;
	let missing: string | undefined;
	const {link} = hostFor(address, options);

	const noEngine = (cause: unknown, said = '') => new HolmError('unavailable', `no engine answers at ${name}: tried ${[...paths, ...missing === undefined ? [] : [missing]].join(', ')} and ${JSON.stringify(command)}${said && `, which said ${JSON.stringify(said)}`}`, {
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

	let kept: ChannelSocket | undefined;
	const openFirst = async (host: Link, tried: readonly string[]) => {
		for (const socketPath of tried) {
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

		return undefined;
	};

	/** The connection that was opened to see whether there is an engine. */
	const takeKept = () => {
		const stream = kept;
		kept = undefined;
		return stream && !stream.destroyed && stream.readable ? stream.ref() : undefined;
	};

	return {
		async reach() {
			await link();
		},
		async hasSocket(other) {
			const host = await link();
			if (route?.kind !== 'socket') {
				kept = await openFirst(host, other === undefined ? paths : [other]);
				kept?.unref();
			}

			return route?.kind === 'socket';
		},
		missed(what) {
			missing = what;
		},
		async dial() {
			const host = await link();
			const first = takeKept();
			if (first) {
				return first;
			}

			if (route?.kind !== 'socket') {
				return (route ? undefined : await openFirst(host, paths)) ?? openCommand(host);
			}

			try {
				return await host.openSocket(route.path);
			} catch (error) {
				throw host.isAlive() ? new HolmError('unavailable', `no engine answers any more at ${route.path} of ${name}`, {remedy: 'start it there', cause: error}) : error;
			}
		},
	};
};

const hosts = new WeakMap<Environment, Map<string, Host>>();

/** The connections to a host, for all engines that it has. */
export const hostFor = ({host, user, port}: SshTarget, options: DialOptions): Host => {
	const known = hosts.get(options.environment) ?? new Map<string, Host>();
	hosts.set(options.environment, known);
	const target = {host, user, port};
	const key = JSON.stringify(target);
	const found = known.get(key) ?? createHost(target, options);
	known.set(key, found);
	return found;
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
