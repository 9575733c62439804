import {spawn} from 'node:child_process';
import {mkdir, open, readFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {HolmError, messageOf, type ErrorCode} from '../errors.js';
import type {DaemonNews} from '../host/daemon.js';
import {engineEnvironment} from '../host/environment.js';
import {defaultRoot, pathsOf} from '../host/store/paths.js';
import type {Listening} from '../api/listeners.js';

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

/** Exit status of `flock` when another process holds the lock: not one that node or the kernel gives. */
const heldStatus = 75;

const maximumLogBytes = 10 * 1024 * 1024;

/** A first start fetches a kernel and boots a machine. */
const startLimitMs = 15 * 60_000;

export type SocketState = 'listening' | 'absent' | 'forbidden';

/** Whether an engine answers on a socket. */
export const probeSocket = async (socket: string): Promise<SocketState> => new Promise(resolve => {
	const connection = net.connect(socket);
	connection.on('connect', () => {
		connection.destroy();
		resolve('listening');
	});
	connection.on('error', (error: NodeJS.ErrnoException) => {
		resolve(error.code === 'EACCES' || error.code === 'EPERM' ? 'forbidden' : 'absent');
	});
});

const isLiving = (pid: number) => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
};

const readPid = async (root: string): Promise<number | undefined> => {
	try {
		const {pid} = JSON.parse(await readFile(pathsOf(root).daemonPid, 'utf8')) as {readonly pid: number};
		return isLiving(pid) ? pid : undefined;
	} catch {
		return undefined;
	}
};

export const daemonStatus = async ({root = defaultRoot}: In = {}): Promise<{readonly running: boolean; readonly pid?: number}> => {
	const state = await probeSocket(pathsOf(root).socket);
	return state === 'absent' ? {running: false} : {running: true, pid: await readPid(root)};
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

	const state = await probeSocket(paths.socket);
	if (state === 'listening') {
		if (addresses.length > 0) {
			throw new HolmError('conflict', `the engine in ${directory} is running and keeps the addresses it has`, {remedy: 'stop it first; its containers go on: holm system stop'});
		}

		return;
	}

	if (process.platform !== 'linux') {
		throw new HolmError('unsupported', `Holm's own engine needs Linux, and this is ${process.platform}`, {remedy: 'name another engine with --host'});
	}

	if (state === 'forbidden' || process.getuid?.() !== 0) {
		throw new HolmError('forbidden', state === 'forbidden' ? `no access to ${paths.socket}` : `the engine in ${directory} is not running, and only root can start it`, {remedy: 'use sudo'});
	}

	await mkdir(directory, {recursive: true, mode: 0o711}).catch((error: unknown) => {
		throw new HolmError('unavailable', `the directory of the engine cannot be made: ${messageOf(error)}`, {remedy: 'choose another --root', cause: error});
	});
	await using output = await open(paths.daemonLog, 'a', 0o640);
	const {size} = await output.stat();
	if (size > maximumLogBytes) {
		await output.truncate();
	}

	const child = spawn('flock', [
		'--nonblock',
		`--conflict-exit-code=${heldStatus}`,
		'--no-fork',
		path.join(directory, 'daemon.lock'),
		process.execPath,
		fileURLToPath(new URL('../host/daemon.js', import.meta.url)),
		directory,
		JSON.stringify(addresses),
	], {cwd: '/', detached: true, env: engineEnvironment(), stdio: ['ignore', output.fd, output.fd, 'ipc']});
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

export type StopOptions = In & {
	/** End the containers too, and take the engine's network from the host. */
	readonly everything?: boolean;
};

/** Ends the daemon of an engine; what it runs goes on, unless `everything`. Does nothing when there is none. */
export const stopDaemon = async ({root = defaultRoot, everything = false}: StopOptions = {}): Promise<void> => {
	const directory = path.resolve(root);
	const {socket} = pathsOf(directory);
	if (everything) {
		await startDaemon({root: directory});
	}

	const pid = await readPid(directory);
	if (pid === undefined) {
		return;
	}

	try {
		process.kill(pid, everything ? 'SIGUSR2' : 'SIGTERM');
	} catch (error) {
		throw new HolmError('forbidden', `the daemon, process ${pid}, cannot be stopped`, {remedy: 'use sudo', cause: error});
	}

	for (const deadline = Date.now() + stopLimitMs; Date.now() < deadline;) {
		if (!isLiving(pid)) {
			return;
		}

		await delay(20);
	}

	throw new HolmError('internal', `the daemon, process ${pid}, has not ended within ${stopLimitMs / 1000} seconds and ${socket} is still there`, {remedy: 'holm system logs may say why'});
};
