import {spawn} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError, type ErrorCode} from '../engine/errors.js';
import {heldStatus} from '../host/lock.js';
import {spawned} from '../host/spawned.js';
import {probeSocket} from './local-engine.js';
import type {DaemonNews} from './main.js';

export type LaunchOptions = {
	/** Ends with `heldStatus` if another process holds the daemon's lock. */
	readonly command: readonly string[];
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Descriptor of the log, and its name. */
	readonly output: number;
	readonly log: string;
	readonly onStep: (step: {readonly step: string; readonly detail: string}) => void;
};

/** Starts a daemon in a process of its own. Resolves when it serves, or with `other` if another process holds its lock; throws its error. */
export const launch = async ({command, environment, output, log, onStep}: LaunchOptions): Promise<'ready' | 'other'> => {
	const child = spawned(spawn(command[0]!, command.slice(1), {
		cwd: '/', detached: true, env: environment, stdio: ['ignore', output, output, 'ipc'],
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
			reject(new HolmError('unavailable', `the daemon ended as it started: ${signal ?? `exit status ${status}`}`, {remedy: `${log} says why`}));
		}
	});
	try {
		return await promise;
	} finally {
		if (child.connected) {
			child.disconnect();
		}

		child.unref();
	}
};

/** How long a daemon that holds the lock is watched before the lock is tried again: it may end instead of serving. */
export const otherMs = 500;

export const isListeningWithin = async (socket: string, limitMs: number): Promise<boolean> => {
	for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
		if (await probeSocket(socket) === 'listening') {
			return true;
		}

		await delay(100);
	}

	return false;
};
