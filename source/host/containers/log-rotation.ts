import {
	open,
	rename,
	rm,
	stat,
} from 'node:fs/promises';
import {logNames} from './log-files.js';

export type LogLimits = {
	/** Size in bytes from which the live file is rotated; default 10 MB. */
	readonly bytes: number;
	/** Files that are kept, the live one among them; default 3. */
	readonly files: number;
};

export const defaultLogLimits: LogLimits = {bytes: 10_000_000, files: 3};

/** Renames of a rotation, in their order: each target is free or is the oldest file, which this removes. */
export type RotationPlan = ReadonlyArray<{readonly from: string; readonly to: string}>;

/** What to rename when the live file has `size` bytes; undefined when it is not yet time. */
export const rotationPlan = (live: string, size: number, limits: LogLimits = defaultLogLimits): RotationPlan | undefined => {
	if (size < limits.bytes) {
		return undefined;
	}

	const {next, older} = logNames(live, limits.files);
	const chain = [next, live, ...older];
	return chain.slice(1).map((to, index) => ({from: chain[index]!, to})).toReversed();
};

const sizeOf = async (file: string): Promise<number | undefined> => {
	try {
		const {size} = await stat(file);
		return size;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw error;
	}
};

const renameIfThere = async (from: string, to: string) => {
	try {
		await rename(from, to);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
			throw error;
		}
	}
};

const create = async (file: string) => {
	const handle = await open(file, 'a', 0o600);
	await handle.close();
};

/**
Rotates a log when it is time and resolves with whether it did. The writer goes on all the while.

`swap` has the writer close its file and append to the one given; it must be safe to call again. The writer is moved to a new file first and the names follow, so that a file which no longer has the live name is complete. A rotation that was cut short, by a crash or by a failed swap, is finished by the next call; call it when the engine starts.
*/
export const rotateLog = async (
	live: string,
	swap: (path: string) => Promise<void>,
	limits: LogLimits = defaultLogLimits,
): Promise<{readonly isRotated: boolean}> => {
	const {next} = logNames(live, limits.files);
	const [size, begun] = await Promise.all([sizeOf(live), sizeOf(next)]);
	const plan = rotationPlan(live, begun === undefined ? size ?? 0 : Infinity, limits);
	if (!plan) {
		return {isRotated: false};
	}

	if (size === undefined) {
		// Only the last rename is missing: the others would take the names of files that are still wanted.
		await renameIfThere(next, live);
		return {isRotated: true};
	}

	await create(next);
	// When it fails the file stays: the writer may have it open all the same.
	await swap(next);
	for (const {from, to} of plan) {
		await renameIfThere(from, to);
	}

	return {isRotated: true};
};

/**
Makes a log ready for a machine that is about to open it: makes the file, finishes a rotation that was cut short, and ends a last record that was cut off, so that the first new one does not continue it.
*/
export const prepareLog = async (live: string, limits: LogLimits = defaultLogLimits): Promise<void> => {
	if (await sizeOf(logNames(live, limits.files).next) !== undefined) {
		await rotateLog(live, async () => undefined, limits);
	}

	const handle = await open(live, 'a+', 0o600);
	try {
		const {size} = await handle.stat();
		if (size > 0) {
			const last = new Uint8Array(1);
			await handle.read(last, 0, 1, size - 1);
			if (last[0] !== 10) {
				await handle.write('\n');
			}
		}
	} finally {
		await handle.close();
	}
};

/** Every file of a log, for its removal. */
export const removeLog = async (live: string, limits: LogLimits = defaultLogLimits): Promise<void> => {
	const {next, older} = logNames(live, limits.files);
	await Promise.all([next, live, ...older].map(async file => rm(file, {force: true})));
};
