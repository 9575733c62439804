import {spawn} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import {engineEnvironment} from './environment.js';
import {spawned} from './spawned.js';

/** Exit status of `flock` if another process holds the lock. Neither Node nor the kernel uses it. */
export const heldStatus = 75;

/**
Runs `work` under an exclusive lock and waits for the lock as long as needed. The file is created and stays.

If `canWait` is false and the lock is held, it throws `conflict` at once.

A child process holds the lock and ends with this process, however that ends, so no stale lock can remain.
*/
export const withLock = async <Result>(
	file: string,
	work: () => Promise<Result>,
	{canWait = true}: {readonly canWait?: boolean} = {},
): Promise<Result> => {
	await mkdir(path.dirname(file), {recursive: true});
	// `cat` echoes the first byte once it runs, which is when the lock is held.
	const holder = spawned(spawn('flock', ['--exclusive', '--no-fork', ...(canWait ? [] : ['--nonblock', `--conflict-exit-code=${heldStatus}`]), file, 'cat'], {env: engineEnvironment(), stdio: ['pipe', 'pipe', 'ignore']}));
	const ended = new Promise<number | null>(resolve => {
		holder.on('close', resolve);
	});
	const held = Promise.withResolvers<void>();
	holder.on('error', error => {
		held.reject(new HolmError('unavailable', 'flock is not installed', {remedy: 'install util-linux', cause: error}));
	});
	void ended.then(status => {
		held.reject(status === heldStatus
			? new HolmError('conflict', `another process holds ${file}`, {remedy: 'try again when it has ended'})
			: new HolmError('internal', `${file} cannot be locked`));
	});
	holder.stdout.once('data', () => {
		held.resolve();
	});
	holder.stdin.on('error', () => undefined);
	holder.stdin.write('?');
	await held.promise;
	try {
		return await work();
	} finally {
		holder.stdin.end();
		await ended;
	}
};
