import {spawn} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import {engineEnvironment} from './environment.js';
import {spawned} from './spawned.js';

/** Exit status of `flock` when another process holds the lock: not one that node or the kernel gives. */
export const heldStatus = 75;

/**
Runs `work` while no other process runs work under the same lock, waiting its turn for as long as that takes. The file is made and stays.

With `canWait` false it throws `conflict` at once where the lock is held.

The kernel holds the lock for a child that ends with this process, however that ends, so no lock is ever left behind.
*/
export const withLock = async <Result>(
	file: string,
	work: () => Promise<Result>,
	{canWait = true}: {readonly canWait?: boolean} = {},
): Promise<Result> => {
	await mkdir(path.dirname(file), {recursive: true});
	// Its first byte comes back when `cat` runs, which is when the lock is held.
	const holder = spawned(spawn('flock', ['--exclusive', ...(canWait ? [] : ['--nonblock', `--conflict-exit-code=${heldStatus}`]), file, 'cat'], {env: engineEnvironment(), stdio: ['pipe', 'pipe', 'ignore']}));
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
