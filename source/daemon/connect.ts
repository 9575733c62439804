import type {Engine} from '../engine/engine.js';
import type {ReachableAddress} from '../wire/addresses.js';
import {parseTarget} from '../wire/ssh-target.js';
import {defaultRoot} from '../host/store/paths.js';
import {HolmError} from '../engine/errors.js';
import {createDockerEngine} from '../backends/docker/engine.js';
import {resolveHost} from '../backends/hosts/resolve.js';
import {isAppleHere, whichEngine, type Environment} from '../backends/hosts/which-engine.js';
import {forbiddenSocket, probeSocket, socketOf} from './local-engine.js';

export type ConnectOptions = {
	/** Directory of this host's engine; default `/var/lib/holm`, on a Mac `~/.holm`. */
	readonly root?: string;
	/** Another engine: an address (with SSH the login happens at once), `context://NAME`, `docker` for the engine that the `docker` command would use, `apple` and `apple://[user@]host` for Apple's `container`, or `own` for this host's, which overrides HOLM_HOST. */
	readonly host?: string;
	/** Environment with HOLM_HOST and Docker's variables; default the process's. */
	readonly environment?: Environment;
	/** Whether to start this host's engine if it does not run; default true. Otherwise `connect` throws `unavailable`. */
	readonly canStart?: boolean;
	/** Asks the user for the passphrase of a key, without echo; default no question is asked. Resolves with undefined if there is no answer. */
	readonly ask?: (question: string) => Promise<string | undefined>;
	/** Called for each slow step of a first start. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
};

/** The user's daemon over Apple's container, and whether it runs. */
const findAppleDaemon = async ({root, environment = process.env}: ConnectOptions) => {
	const [{applePaths}, {isServing}] = await Promise.all([import('./apple/paths.js'), import('./apple/owner.js')]);
	const paths = applePaths({environment, root});
	return {paths, isRunning: await isServing(paths)};
};

/** The socket of the user's daemon over Apple's container, which is started if it does not run. */
const reachAppleDaemon = async (options: ConnectOptions): Promise<ReachableAddress> => {
	const {environment = process.env, canStart = true, onStep} = options;
	const {paths, isRunning} = await findAppleDaemon(options);
	if (!isRunning) {
		if (!canStart) {
			throw new HolmError('unavailable', `the daemon of ${paths.directory} is not running`, {remedy: 'holm system start starts it'});
		}

		const {startAppleDaemon} = await import('./apple/start.js');
		await startAppleDaemon({paths, environment, onStep});
	}

	return {kind: 'unix', path: paths.socket};
};

/** Finds the engine that `host` or HOLM_HOST names, or else this host's, which is started if it does not run; on a Mac that is the daemon over Apple's container. */
export const reachEngine = async (options: ConnectOptions = {}): Promise<ReachableAddress> => {
	const {root = defaultRoot, host, environment = process.env, canStart = true, ask, onStep} = options;
	if (isAppleHere(whichEngine(host, environment))) {
		return reachAppleDaemon(options);
	}

	const address = await resolveHost(host, environment);
	if (address?.kind === 'ssh') {
		const {dialerFor} = await import('../backends/ssh/dial.js');
		const {reach, dial} = dialerFor(address, {environment, ask});
		await reach();
		return {...address, dial};
	}

	if (address) {
		return address;
	}

	let socket = socketOf(root);
	const state = await probeSocket(socket);
	if (state === 'forbidden') {
		throw await forbiddenSocket(socket);
	}

	if (state === 'absent') {
		if (!canStart) {
			throw new HolmError('unavailable', `the engine in ${root} is not running`, {remedy: 'holm system start starts it'});
		}

		const {startDaemon} = await import('./start.js');
		await startDaemon({root, onStep});
		socket = socketOf(root);
	}

	return {kind: 'unix', path: socket};
};

/** Apple's engine: on this host through the user's daemon if that runs, which keeps names and restarts, or else by running the program; on another one over SSH. */
const connectApple = async (target: string | undefined, options: ConnectOptions): Promise<Engine> => {
	const {environment = process.env, ask} = options;
	if (target !== undefined) {
		const {openApple} = await import('./remote-engine.js');
		return openApple(parseTarget(target), {environment, ask});
	}

	const {paths, isRunning} = await findAppleDaemon(options);
	if (isRunning) {
		return createDockerEngine({kind: 'unix', path: paths.socket});
	}

	const [{createAppleEngine}, {openTransport}] = await Promise.all([import('../backends/apple/engine.js'), import('./apple/transport.js')]);
	const engine = createAppleEngine(await openTransport(undefined, {environment}));
	// Looks for the program, so that the reason is named where there is none.
	await engine.version();
	return engine;
};

/** Connects to the engine that `reachEngine` finds, or to Apple's. */
export const connect = async (options: ConnectOptions = {}): Promise<Engine> => {
	const {host, environment = process.env, ask} = options;
	const choice = whichEngine(host, environment);
	if (choice.kind === 'apple') {
		return connectApple(choice.target, options);
	}

	const address = await reachEngine(options);
	if (address.kind === 'ssh') {
		const {openRemote} = await import('./remote-engine.js');
		return openRemote(address, {environment, ask});
	}

	return createDockerEngine(address);
};
