import {spawn} from 'node:child_process';
import {open, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {HolmError} from '../../engine/errors.js';
import {programPath} from '../environment.js';
import {heldStatus} from '../lock.js';
import {spawned} from '../spawned.js';
import {connect, type Link} from './worker-link.js';
import type {Station, WorkerOptions} from './worker-protocol.js';

/** On an emulated or very busy host Node takes ten seconds or more to start. */
const startLimitMs = 60_000;
const maximumLogBytes = 1024 * 1024;

export const filesOf = (directory: string, name: string) => ({
	socket: path.join(directory, `${name}.sock`),
	pidFile: path.join(directory, `${name}.pid`),
	lock: path.join(directory, `${name}.lock`),
	log: path.join(directory, `${name}.log`),
});

type Attempt = {
	/** `held` if another process has the lock, else why the worker ended; undefined while it runs. */
	readonly ending: () => 'held' | {readonly failure: string} | undefined;
	readonly kill: () => void;
};

/** The worker holds a kernel lock while it lives, so there are never two, and no stale lock can remain. */
const spawnWorker = (options: WorkerOptions<never>, key: string, output: FileHandle): Attempt => {
	const {lock, log, ...station} = filesOf(options.directory, options.name);
	const child = spawned(spawn('flock', [
		'--nonblock',
		`--conflict-exit-code=${heldStatus}`,
		'--no-fork',
		lock,
		...options.prefix ?? [],
		process.execPath,
		...options.nodeArguments ?? [],
		fileURLToPath(options.module),
		JSON.stringify({...station, key} satisfies Station),
		...options.arguments ?? [],
	], {
		cwd: '/',
		detached: true,
		env: {PATH: programPath},
		stdio: ['ignore', output.fd, output.fd],
	}));
	child.unref();
	let ending: ReturnType<Attempt['ending']>;
	child.on('error', error => {
		ending = {failure: error.message};
	});
	child.on('exit', (status, signal) => {
		ending = status === heldStatus ? 'held' : {failure: signal ?? `exit status ${status}`};
	});
	return {
		ending: () => ending,
		kill() {
			if (!ending) {
				child.kill('SIGKILL');
			}
		},
	};
};

/** Starts a worker and connects to it, or to the one that already holds the lock. Resolves with undefined if neither answers in time. */
export const launch = async (options: WorkerOptions<never>, key: string): Promise<Link | undefined> => {
	const {directory, name} = options;
	const {socket, log} = filesOf(directory, name);
	await using output = await open(log, 'a', 0o600);
	const {size} = await output.stat();
	if (size > maximumLogBytes) {
		await output.truncate();
	}

	let current = spawnWorker(options, key, output);
	for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
		const link = await connect(socket, name, Math.max(deadline - Date.now(), 1));
		if (link === 'silent') {
			break;
		}

		if (link) {
			return link;
		}

		const ending = current.ending();
		if (ending === 'held') {
			// The holder is starting, hangs, or is about to end.
			await sleep(50);
			current = spawnWorker(options, key, output);
		} else if (ending) {
			throw new HolmError('unavailable', `The worker ${name} ended as it started: ${ending.failure}`, {remedy: `${log} says why`});
		}

		await sleep(10);
	}

	current.kill();
	return undefined;
};
