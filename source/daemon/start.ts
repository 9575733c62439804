import {
	mkdir,
	open,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {asHolmError, HolmError, messageOf} from '../engine/errors.js';
import {engineEnvironment} from '../host/environment.js';
import type {SetupStep} from '../host/kernel/guest-kernel.js';
import {defaultRoot, pathsOf, serviceSocket} from '../host/store/paths.js';
import type {Listening} from '../api/listeners.js';
import {heldStatus} from '../host/lock.js';
import {findCommand} from '../host/setup/programs.js';
import {run} from '../host/run.js';
import {
	closeServiceSocket,
	isService,
	isServiceActive,
	isSystemdRunning,
	startService,
	stopService,
} from '../host/service/service.js';
import {readIdentity, startTimeOf} from '../host/workers/worker-process.js';
import {isListeningWithin, launch, otherMs} from './launch.js';
import {forbiddenSocket, notStarted, probeSocket, socketOf} from './local-engine.js';

type In = {
	/** Directory of the engine; default `/var/lib/holm`. */
	readonly root?: string;
};

export type StartOptions = In & {
	/** Called for each slow step, such as fetching the kernel on a new host. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
	/** Further addresses to listen on. */
	readonly addresses?: readonly Listening[];
};

const maximumLogBytes = 10 * 1024 * 1024;

/** Path of the daemon's program. */
const daemonFile = fileURLToPath(new URL('main.js', import.meta.url));

/** A first start fetches a kernel and boots a machine. */
const startLimitMs = 15 * 60_000;

const isLiving = (pid: number) => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
};

const readPid = async (root: string): Promise<number | undefined> => {
	const identity = await readIdentity(pathsOf(root).daemonPid);
	// After a crash another process may have the id.
	return identity && startTimeOf(identity.pid) === identity.startTime ? identity.pid : undefined;
};

export type DaemonStatus = {
	readonly running: boolean;
	readonly pid?: number;
	readonly socket: string;
	/** Whether it is a service of the host. */
	readonly isService: boolean;
};

export const daemonStatus = async ({root = defaultRoot}: In = {}): Promise<DaemonStatus> => {
	if (await isService(root)) {
		// Connecting would start it.
		const isRunning = await isServiceActive();
		return {running: isRunning, ...isRunning && {pid: await readPid(root).catch(() => undefined)}, socket: serviceSocket, isService: true};
	}

	const {socket} = pathsOf(root);
	const isRunning = await probeSocket(socket) !== 'absent';
	return {running: isRunning, ...isRunning && {pid: await readPid(root).catch(() => undefined)}, socket, isService: false};
};

/** Resolves once the engine answers at the service's socket. Throws the engine's error if it cannot open. */
const awaitService = async (): Promise<void> => {
	const {createDockerEngine} = await import('../backends/docker/engine.js');
	await createDockerEngine({kind: 'unix', path: serviceSocket}).version();
};

/** Starts the engine's service and resolves once the engine answers. Throws the engine's error if it cannot open. */
const startAsService = async (addresses: readonly Listening[] = []): Promise<void> => {
	if (addresses.length > 0) {
		throw new HolmError('conflict', 'the engine is a service of this host, and its units set the addresses', {remedy: 'add ListenStream=/path to a socket with: systemctl edit holm.socket'});
	}

	await startService();
	await awaitService();
};

/** Creates a directory and its parents. Node's recursive `mkdir` loops forever in file systems such as /proc, which report ENOENT for every parent. */
const makeDirectory = async (directory: string): Promise<void> => {
	try {
		await mkdir(directory, {mode: 0o711});
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code === 'EEXIST' && (await stat(directory)).isDirectory()) {
			return;
		}

		const above = path.dirname(directory);
		if (code !== 'ENOENT' || above === directory) {
			throw error;
		}

		await makeDirectory(above);
		await mkdir(directory, {mode: 0o711});
	}
};

/** The command that starts the daemon in its own scope if systemd runs. Otherwise it could be killed when the user logs out (`KillUserProcesses`). */
const scopeFor = async (directory: string): Promise<readonly string[]> => {
	const systemdRun = await isSystemdRunning() ? await findCommand('systemd-run') : undefined;
	if (systemdRun === undefined) {
		return [];
	}

	const scope = [systemdRun, '--scope', '--quiet', '--collect', '--slice=system.slice', `--description=Holm engine in ${directory}`, '--property=TasksMax=infinity', '--'];
	try {
		// Systemd may refuse, such as in a container without its bus.
		await run(scope[0]!, [...scope.slice(1), 'true'], {signal: AbortSignal.timeout(10_000)});
		return scope;
	} catch {
		return [];
	}
};

/**
Starts the daemon of an engine, if it does not run, and resolves once it serves.

Throws `forbidden` without root, and the daemon's error if it cannot start.
*/
export const startDaemon = async ({root = defaultRoot, onStep = () => undefined, addresses = []}: StartOptions = {}): Promise<void> => {
	const directory = path.resolve(root);
	const paths = pathsOf(directory);
	if (Buffer.byteLength(path.join(directory, 'machines/0123456789abcdef/run/control.sock')) > 107) {
		throw new HolmError('invalid', `${directory} is too long a path for an engine, whose sockets may have 107 bytes`, {remedy: 'choose a shorter --root'});
	}

	if (process.getuid?.() === 0 && await isService(directory)) {
		await startAsService(addresses);
		return;
	}

	const socket = socketOf(directory);
	const state = await probeSocket(socket);
	if (state === 'listening') {
		if (addresses.length > 0) {
			throw new HolmError('conflict', `the engine in ${directory} is running and keeps its addresses`, {remedy: 'stop it first; its containers continue: holm system stop'});
		}

		return;
	}

	if (process.platform !== 'linux') {
		throw new HolmError('unsupported', `Holm's own engine needs Linux, and this is ${process.platform}`, {remedy: 'name another engine with --host'});
	}

	if (state === 'forbidden') {
		throw await forbiddenSocket(socket);
	}

	if (process.getuid?.() !== 0) {
		throw await notStarted(directory);
	}

	await makeDirectory(directory).catch((error: unknown) => {
		throw new HolmError('unavailable', `the directory of the engine cannot be made: ${messageOf(error)}`, {remedy: 'choose another --root', cause: error});
	});
	await using output = await open(paths.daemonLog, 'a', 0o640);
	const {size} = await output.stat();
	if (size > maximumLogBytes) {
		await output.truncate();
	}

	const command = [
		...await scopeFor(directory),
		'flock',
		'--nonblock',
		`--conflict-exit-code=${heldStatus}`,
		'--no-fork',
		paths.daemonLock,
		process.execPath,
		daemonFile,
		directory,
		JSON.stringify(addresses),
	];
	for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
		const launched = await launch({command, environment: engineEnvironment(), output: output.fd, log: paths.daemonLog, onStep});
		if (launched === 'ready' || await isListeningWithin(paths.socket, otherMs)) {
			return;
		}
	}

	throw new HolmError('unavailable', `another daemon holds the lock of ${paths.socket} and does not answer`, {remedy: 'holm system logs may say why'});
};

const stopLimitMs = 60_000;
/** Additional time if the engine stops all containers. */
const containersLimitMs = 90_000;

/** Signals to the daemon: to end and leave containers running, to stop them, or to kill them. */
const signals = {daemon: 'SIGTERM', stop: 'SIGUSR2', kill: 'SIGPWR'} as const;

/** Ends the daemon, if it runs, and waits for its end. */
const endDaemon = async (directory: string, how: keyof typeof signals): Promise<void> => {
	const pid = await readPid(directory);
	if (pid === undefined) {
		return;
	}

	try {
		process.kill(pid, signals[how]);
	} catch (error) {
		throw new HolmError('forbidden', `the daemon, process ${pid}, cannot be stopped`, {remedy: 'use sudo', cause: error});
	}

	const limitMs = how === 'stop' ? stopLimitMs + containersLimitMs : stopLimitMs;
	for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
		if (!isLiving(pid)) {
			return;
		}

		await delay(20);
	}

	throw new HolmError('internal', `the daemon, process ${pid}, has not ended within ${limitMs / 1000} seconds and ${pathsOf(directory).socket} is still there`, {remedy: 'holm system logs may say why'});
};

export type StopOptions = In & {
	/** Also stop the containers, and remove the engine's network from the host. */
	readonly everything?: boolean;
	/** Kill the containers instead of stopping them. */
	readonly isForced?: boolean;
};

/** Ends what is left after the daemon. Loaded lazily, because other commands do not need the module. */
const lookAfterwards = async (directory: string): Promise<readonly string[]> => {
	const {endRemains} = await import('../host/remains.js');
	return endRemains(directory);
};

/** Opens an engine so that it can stop its containers. If it cannot open, they are killed without it, and its error is thrown. */
const openToEnd = async (directory: string, openEngine: () => Promise<void>): Promise<void> => {
	const {ending} = pathsOf(directory);
	try {
		if (!(await daemonStatus({root: directory})).running) {
			// The file keeps restart policies from starting containers. It cannot be written if there is no directory, and then there are no containers.
			await writeFile(ending, '').catch(() => undefined);
		}

		await openEngine();
	} catch (error) {
		await rm(ending, {force: true});
		const {code, message, remedy} = asHolmError(error);
		const found = process.getuid?.() === 0 ? await lookAfterwards(directory) : [];
		throw new HolmError(code, found.length > 0 ? `${message}; ended without it: ${found.join('; ')}` : message, {remedy, cause: error});
	}
};

/**
Stops the daemon of an engine, if it runs. Containers continue, unless `everything` is set.

With `everything` containers are stopped; the next engine starts them again according to their restart policy. Whatever is left afterwards is ended too: resolves with a line for each. Throws `unavailable`, naming what could not be ended.
*/
export const stopDaemon = async (options: StopOptions = {}): Promise<readonly string[]> => {
	const {root = defaultRoot, everything = false, isForced = false} = options;
	const directory = path.resolve(root);
	if (process.getuid?.() !== 0 && (await daemonStatus({root: directory})).running) {
		throw new HolmError('forbidden', `only root can stop the engine in ${directory}`, {remedy: 'use sudo'});
	}

	const how = isForced ? 'kill' : 'stop';
	if (await isService(directory)) {
		if (everything) {
			await openToEnd(directory, startAsService);
			// So that no command starts it again meanwhile.
			await closeServiceSocket();
			await endDaemon(directory, how);
		}

		await stopService();
	} else {
		if (everything) {
			await openToEnd(directory, async () => startDaemon({root: directory}));
		}

		await endDaemon(directory, everything ? how : 'daemon');
	}

	return everything ? lookAfterwards(directory) : [];
};

/** Installs the engine in a directory as a service of this host and starts it. Running containers continue. */
export const installDaemon = async (root: string, onStep: (step: SetupStep) => void): Promise<void> => {
	const {installService} = await import('../host/service/install.js');
	await installService({
		root,
		daemonFile,
		tell: onStep,
		async stopDaemon() {
			await endDaemon(root, 'daemon');
		},
		awaitEngine: awaitService,
	});
};
