import {spawn} from 'node:child_process';
import {
	mkdir,
	open,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {
	asHolmError,
	HolmError,
	messageOf,
	type ErrorCode,
} from '../engine/errors.js';
import {engineEnvironment} from '../host/environment.js';
import type {SetupStep} from '../host/kernel/guest-kernel.js';
import {defaultRoot, pathsOf} from '../host/store/paths.js';
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
import {serviceSocket} from '../host/service/units.js';
import {readIdentity, startTimeOf} from '../host/workers/worker-process.js';
import {spawned} from '../host/spawned.js';
import {forbiddenSocket, notStarted, probeSocket, socketOf} from './local-engine.js';
import type {DaemonNews} from './main.js';

type In = {
	/** Directory of the engine; default that of the host. */
	readonly root?: string;
};

export type StartOptions = In & {
	/** Hears of what takes time, such as the kernel on a host that was never set up. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
	/** Where it is to listen beside its own socket. */
	readonly addresses?: readonly Listening[];
};

const maximumLogBytes = 10 * 1024 * 1024;

/** The program of the daemon. */
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
	// After a crash of the host another process may have the number.
	return identity && startTimeOf(identity.pid) === identity.startTime ? identity.pid : undefined;
};

export type DaemonStatus = {
	readonly running: boolean;
	readonly pid?: number;
	readonly socket: string;
	/** It is a service of the host. */
	readonly isService: boolean;
};

export const daemonStatus = async ({root = defaultRoot}: In = {}): Promise<DaemonStatus> => {
	if (await isService(root)) {
		// To connect would start it.
		const isRunning = await isServiceActive();
		return {running: isRunning, ...isRunning && {pid: await readPid(root).catch(() => undefined)}, socket: serviceSocket, isService: true};
	}

	const {socket} = pathsOf(root);
	const isRunning = await probeSocket(socket) !== 'absent';
	return {running: isRunning, ...isRunning && {pid: await readPid(root).catch(() => undefined)}, socket, isService: false};
};

/** Resolves once the engine answers at the service's socket; throws its reason when it cannot open. */
const awaitService = async (): Promise<void> => {
	const {createDockerEngine} = await import('../backends/docker/engine.js');
	await createDockerEngine({kind: 'unix', path: serviceSocket}).version();
};

/** Starts the engine's service and resolves once the engine answers; throws its reason when it cannot open. */
const startAsService = async (addresses: readonly Listening[] = []): Promise<void> => {
	if (addresses.length > 0) {
		throw new HolmError('conflict', 'the engine is a service of this host, which listens where its units say', {remedy: 'add ListenStream=/path to a socket with: systemctl edit holm.socket'});
	}

	await startService();
	await awaitService();
};

/** Makes a directory with those above it. Node's own way never ends where a file system such as /proc says that what is above is not there either. */
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

/** What the daemon is started through where systemd runs: a scope of its own, for the session of whoever starts it may be ended with everything in it when they log out (`KillUserProcesses`). */
const scopeFor = async (directory: string): Promise<readonly string[]> => {
	const systemdRun = await isSystemdRunning() ? await findCommand('systemd-run') : undefined;
	if (systemdRun === undefined) {
		return [];
	}

	const scope = [systemdRun, '--scope', '--quiet', '--collect', '--slice=system.slice', `--description=Holm engine in ${directory}`, '--property=TasksMax=infinity', '--'];
	try {
		// Systemd may refuse, as in a container without its bus.
		await run(scope[0]!, [...scope.slice(1), 'true'], {signal: AbortSignal.timeout(10_000)});
		return scope;
	} catch {
		return [];
	}
};

const awaitOther = async (socket: string): Promise<void> => {
	for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
		if (await probeSocket(socket) === 'listening') {
			return;
		}

		await delay(100);
	}

	throw new HolmError('unavailable', `another daemon holds the lock of ${socket} and does not answer`, {remedy: 'holm system logs may say why'});
};

/**
Starts the daemon of an engine unless it runs, and resolves once it serves.

Throws `forbidden` without root, and what the daemon itself could not begin with.
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

	const socket = await socketOf(directory);
	const state = await probeSocket(socket);
	if (state === 'listening') {
		if (addresses.length > 0) {
			throw new HolmError('conflict', `the engine in ${directory} is running and keeps the addresses it has`, {remedy: 'stop it first; its containers go on: holm system stop'});
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
	const child = spawned(spawn(command[0]!, command.slice(1), {
		cwd: '/', detached: true, env: engineEnvironment(), stdio: ['ignore', output.fd, output.fd, 'ipc'],
	}));
	const {promise, resolve, reject} = Promise.withResolvers<'ready' | 'other'>();
	child.on('message', (news: DaemonNews) => {
		if ('step' in news) {
			onStep(news.step);
		} else if ('isReady' in news) {
			resolve('ready');
		} else {
			reject(new HolmError(news.error.code as ErrorCode, news.error.message, {remedy: news.error.remedy}));
		}
	});
	child.on('error', error => {
		reject(new HolmError('unavailable', `the daemon cannot be started: ${error.message}`, {remedy: 'holm doctor says what is missing', cause: error}));
	});
	child.on('exit', (status, signal) => {
		if (status === heldStatus) {
			resolve('other');
		} else {
			reject(new HolmError('unavailable', `the daemon ended as it started: ${signal ?? `exit status ${status}`}`, {remedy: `${paths.daemonLog} says why`}));
		}
	});
	try {
		if (await promise === 'other') {
			await awaitOther(paths.socket);
		}
	} finally {
		if (child.connected) {
			child.disconnect();
		}

		child.unref();
	}
};

const stopLimitMs = 60_000;
/** Containers are given this long when the engine stops them all. */
const containersLimitMs = 90_000;

/** What the daemon is told by a signal: to end and leave what runs, to stop what runs, or to kill it. */
const signals = {daemon: 'SIGTERM', stop: 'SIGUSR2', kill: 'SIGPWR'} as const;

/** Tells the daemon to end and waits for that. Does nothing when there is none. */
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
	/** Stop the containers too, and take the engine's network from the host. */
	readonly everything?: boolean;
	/** Kill the containers instead. */
	readonly isForced?: boolean;
};

/** Only this needs the host's part of the program. */
const lookAfterwards = async (directory: string): Promise<readonly string[]> => {
	const {endRemains} = await import('../host/remains.js');
	return endRemains(directory);
};

/** Opens an engine so that it can end what it runs. Where it cannot open, what runs is ended without it, and its reason thrown. */
const openToEnd = async (directory: string, openEngine: () => Promise<void>): Promise<void> => {
	const {ending} = pathsOf(directory);
	try {
		if (!(await daemonStatus({root: directory})).running) {
			// Containers that their policy starts again are not started for this. Where there is no directory there are none.
			await writeFile(ending, '').catch(() => undefined);
		}

		await openEngine();
	} catch (error) {
		await rm(ending, {force: true});
		const {code, message, remedy} = asHolmError(error);
		const found = process.getuid?.() === 0 ? await lookAfterwards(directory) : [];
		throw new HolmError(code, found.length > 0 ? `${message}; without it were ended: ${found.join('; ')}` : message, {remedy, cause: error});
	}
};

/**
Ends the daemon of an engine; what it runs goes on, unless `everything`. Does nothing when there is none.

With `everything` containers are stopped, and started again by the next engine where their policy says so. It looks afterwards, ends what is there all the same, and resolves with what that was, a line each. Throws `unavailable` naming what could not be ended.
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
			// Nothing starts it again while it ends.
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

/** Makes the engine in a directory a service of this host and starts it. Containers that run are left alone. */
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
