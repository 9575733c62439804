import {execFile} from 'node:child_process';
import {
	link,
	readFile,
	rename,
	rm,
	writeFile,
} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';

/** A process by its id and the time of its start, which tells it from a later one with the same id. */
export type Owner = {
	readonly pid: number;
	/** Milliseconds since the epoch, in whole seconds; 0 if unknown. */
	readonly startedAt: number;
};

/** `ps` computes the time anew each time, on Linux from the present. */
const inaccuracyMs = 2000;

const startOf = async (pid: number): Promise<number> => new Promise(resolve => {
	execFile('ps', ['-o', 'lstart=', '-p', String(pid)], {env: {...process.env, LC_ALL: 'C', TZ: 'UTC0'}, timeout: 10_000}, (_error, stdout) => {
		resolve(Date.parse(`${stdout.trim()} UTC`) || 0);
	});
});

const isThere = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		// Another user's process is not the daemon.
		return false;
	}
};

export const isLiving = async ({pid, startedAt}: Owner): Promise<boolean> => {
	if (!isThere(pid)) {
		return false;
	}

	const found = await startOf(pid);
	return startedAt === 0 || found === 0 || Math.abs(found - startedAt) <= inaccuracyMs;
};

const readText = async (file: string): Promise<string | undefined> => {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw new HolmError('unavailable', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'use holm as the user who owns it', cause: error});
	}
};

/** The process that the text of a lock names; undefined for what is none. */
export const parseOwner = (text: string): Owner | undefined => {
	const {pid, startedAt} = /^(?<pid>[1-9]\d{0,9}) (?<startedAt>\d{1,15})\n$/v.exec(text)?.groups ?? {};
	return pid === undefined ? undefined : {pid: Number(pid), startedAt: Number(startedAt)};
};

/** The living process that holds a lock. */
export const lockOwner = async (lock: string): Promise<Owner | undefined> => {
	const owner = parseOwner(await readText(lock) ?? '');
	return owner && await isLiving(owner) ? owner : undefined;
};

/** A process may die between the two steps of each attempt. */
const mostAttempts = 20;

/** Takes a lock for this process until it is released or the process ends. Resolves with undefined if another one holds it. */
export const takeLock = async (lock: string): Promise<(() => Promise<void>) | undefined> => {
	const {pid} = process;
	const own = `${lock}.${pid}`;
	const text = `${pid} ${await startOf(pid)}\n`;
	// Made complete and then named, so that nobody reads half of it.
	await rm(own, {force: true});
	await writeFile(own, text, {mode: 0o600, flag: 'wx'});
	try {
		for (let attempt = 0; attempt < mostAttempts; attempt++) {
			try {
				await link(own, lock);
				return async () => {
					if (await readText(lock) === text) {
						await rm(lock, {force: true});
					}
				};
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
					throw error;
				}
			}

			const stale = await readText(lock);
			const owner = parseOwner(stale ?? '');
			if (owner && await isLiving(owner)) {
				return undefined;
			}

			const aside = `${own}.stale`;
			await rename(lock, aside).catch(() => undefined);
			// Another process may have taken it since it was read.
			if (stale !== undefined && await readText(aside) !== stale) {
				await link(aside, lock).catch(() => undefined);
			}

			await rm(aside, {force: true});
		}

		throw new HolmError('unavailable', `${lock} cannot be taken`, {remedy: 'remove it'});
	} finally {
		await rm(own, {force: true});
	}
};
