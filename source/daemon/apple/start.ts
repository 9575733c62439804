import {mkdir, open} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {Listening} from '../../api/listeners.js';
import type {Environment} from '../../backends/hosts/which-engine.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {isListeningWithin, launch, otherMs} from '../launch.js';
import {isLiving, lockOwner} from './lock.js';
import {assertOwn, isServing} from './owner.js';
import type {ApplePaths} from './paths.js';

export type AppleStartOptions = {
	readonly paths: ApplePaths;
	/** Of the daemon and of Apple's program. */
	readonly environment: Environment;
	/** Further addresses to listen on. */
	readonly addresses?: readonly Listening[];
	/** Called for each slow step. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
};

const maximumLogBytes = 10 * 1024 * 1024;

/** Path of the daemon's program. */
const daemonFile = fileURLToPath(new URL('main.js', import.meta.url));

/** Apple's service may take two minutes to start. */
const startLimitMs = 5 * 60_000;

const openLog = async ({directory, log}: ApplePaths) => {
	try {
		await mkdir(directory, {recursive: true, mode: 0o700});
		await assertOwn([directory, log]);
		const file = await open(log, 'a', 0o600);
		if ((await file.stat()).size > maximumLogBytes) {
			await file.truncate();
		}

		return file;
	} catch (error) {
		if (error instanceof HolmError) {
			throw error;
		}

		throw new HolmError('unavailable', `the log of the daemon cannot be written: ${messageOf(error)}`, {remedy: 'make room there, or choose another directory with --root', cause: error});
	}
};

/** Throws `forbidden` for root on a Mac, whose requests Apple's service refuses. */
const assertUser = (): void => {
	if (process.platform === 'darwin' && process.getuid?.() === 0) {
		throw new HolmError('forbidden', 'Apple\'s container refuses root', {remedy: 'use holm as the user of the Mac, without sudo'});
	}
};

/** Starts the user's daemon over Apple's container, and resolves once it serves. Throws the daemon's error if it cannot start. */
export const startAppleDaemon = async (options: AppleStartOptions): Promise<'started' | 'running'> => {
	const {paths, environment, addresses = [], onStep = () => undefined} = options;
	assertUser();
	if (await isServing(paths)) {
		if (addresses.length > 0) {
			throw new HolmError(
				'conflict',
				`the daemon at ${paths.socket} is running and keeps its addresses`,
				{remedy: 'stop it first; its containers continue: holm system stop'},
			);
		}

		return 'running';
	}

	await using output = await openLog(paths);
	const command = [process.execPath, daemonFile, JSON.stringify(paths), JSON.stringify(addresses)];
	for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
		if (await launch({command, environment, output: output.fd, log: paths.log, onStep}) === 'ready') {
			return 'started';
		}

		if (await isListeningWithin(paths.socket, otherMs)) {
			return 'running';
		}
	}

	throw new HolmError('unavailable', `another daemon holds ${paths.lock} and does not answer`, {remedy: 'holm system logs may say why'});
};

export type AppleDaemonStatus = {
	readonly running: boolean;
	readonly pid?: number;
};

export const appleDaemonStatus = async (paths: ApplePaths): Promise<AppleDaemonStatus> =>
	await isServing(paths) ? {running: true, pid: (await lockOwner(paths.lock))?.pid} : {running: false};

const stopLimitMs = 60_000;

/** Ends the user's daemon, if it runs, and waits for its end. Containers continue. */
export const stopAppleDaemon = async (paths: ApplePaths): Promise<'stopped' | 'absent'> => {
	await assertOwn([paths.directory, paths.lock]);
	const owner = await lockOwner(paths.lock);
	if (!owner) {
		if (await isServing(paths)) {
			throw new HolmError('internal', `something serves ${paths.socket}, and ${paths.lock} does not say which process`, {remedy: `lsof ${paths.socket} names it`});
		}

		return 'absent';
	}

	const {pid} = owner;
	try {
		process.kill(pid, 'SIGTERM');
	} catch {
		// It has ended by itself.
	}

	for (const deadline = Date.now() + stopLimitMs; Date.now() < deadline;) {
		if (!await isLiving(owner)) {
			return 'stopped';
		}

		await delay(20);
	}

	throw new HolmError('internal', `the daemon, process ${pid}, has not ended within ${stopLimitMs / 1000} seconds`, {remedy: 'holm system logs may say why'});
};
