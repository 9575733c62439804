import type {Engine} from '../engine/engine.js';
import {HolmError} from '../engine/errors.js';
import {createAppleEngine} from '../backends/apple/engine.js';
import {findProgram} from '../backends/apple/find-program.js';
import {createDockerEngine} from '../backends/docker/engine.js';
import {createRemoteTransport} from '../backends/apple/remote.js';
import type {Transport} from '../backends/apple/transport.js';
import type {Environment} from '../backends/hosts/which-engine.js';
import {dialerFor, hostFor, type DialOptions, type Host} from '../backends/ssh/dial.js';
import {describeAddress, type ReachableAddress, type SshAddress} from '../wire/addresses.js';
import type {SshTarget} from '../wire/ssh-target.js';

type Remote = {readonly host: Host; readonly transport: Transport; readonly engine: Engine; isChosen: boolean};

/** The dashboard connects again whenever an engine is gone: the same one goes on, with what it knows of runs. */
const remotes = new WeakMap<Environment, Map<string, Remote>>();

/** Runs programs of another host. */
export const openRemoteTransport = ({host, user, port}: SshTarget, options: DialOptions): Transport => {
	const {link, another} = hostFor({host, user, port}, options);
	return createRemoteTransport({name: describeAddress({kind: 'ssh', host, user, port}), link, another});
};

const remoteFor = ({host: hostName, user, port}: SshTarget, options: DialOptions): Remote => {
	const known = remotes.get(options.environment) ?? new Map<string, Remote>();
	remotes.set(options.environment, known);
	const name = describeAddress({kind: 'ssh', host: hostName, user, port});
	const found = known.get(name);
	if (found) {
		return found;
	}

	const host = hostFor({host: hostName, user, port}, options);
	const transport = openRemoteTransport({host: hostName, user, port}, options);
	const remote: Remote = {host, transport, engine: createAppleEngine(transport), isChosen: false};
	known.set(name, remote);
	return remote;
};

/** Apple's `container` on another host, and nothing else that it has. Logs in at once. */
export const openApple = async (target: SshTarget, options: DialOptions): Promise<Engine> => {
	const {host, engine} = remoteFor(target, options);
	await host.link();
	return engine;
};

/** Apple's `container` on a host where no engine has one of the usual sockets; undefined where there is no such program. */
const findApple = async (address: SshAddress, options: DialOptions): Promise<Engine | undefined> => {
	const dialer = dialerFor(address, options);
	const remote = remoteFor(address, options);
	if (remote.isChosen) {
		// Another engine must not take the place of one that is gone.
		return remote.engine;
	}

	if (await dialer.hasSocket()) {
		return undefined;
	}

	try {
		const {system, home} = await findProgram(remote.transport);
		if (system === 'Darwin' && await dialer.hasSocket(`${home}/.holm/holm.sock`)) {
			return undefined;
		}
	} catch (error) {
		if (error instanceof HolmError && (error.code === 'unsupported' || error.code === 'unavailable')) {
			dialer.missed('Apple\'s container');
			return undefined;
		}

		throw error;
	}

	remote.isChosen = true;
	return remote.engine;
};

/** The engine of another host: with a path, or from Docker's settings, that of a socket; otherwise what the host has. */
export const openRemote = async (address: Extract<ReachableAddress, {kind: 'ssh'}>, options: DialOptions): Promise<Engine> => {
	const apple = address.path === undefined && !address.isDocker ? await findApple(address, options) : undefined;
	if (apple) {
		return apple;
	}

	const engine = createDockerEngine(address);
	const {roundTripMs} = hostFor(address, options);
	return {...engine, snapshot: async given => ({...await engine.snapshot(given), roundTripMs: roundTripMs()})};
};
