import {
	open,
	rename,
	rm,
	stat,
} from 'node:fs/promises';
import {defaultLogLimits, type LogLimits} from '../../rules/containers/logging.js';
import {logNames, maximumOlder} from './log-files.js';

/** Renames of a rotation, in order. Each target is free, or is the oldest file, which is replaced. */
export type RotationPlan = ReadonlyArray<{readonly from: string; readonly to: string}>;

/** What to rename if the live file has `size` bytes; undefined below the limit. */
export const rotationPlan = (live: string, size: number, limits: LogLimits = defaultLogLimits): RotationPlan | undefined => {
	if (size < limits.bytes) {
		return undefined;
	}

	const {next, older} = logNames(live, limits.files);
	const chain = [next, live, ...older];
	return chain.slice(1).map((to, index) => ({from: chain[index]!, to})).toReversed();
};

const fileSizeOf = async (file: string): Promise<number | undefined> => {
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
Rotates a log if it has reached its limit. The writer continues meanwhile.

`swap` makes the writer close its file and append to the given one; it must be safe to call again. The writer moves to the new file first, and the renames follow, so a file without the live name is complete. The next call finishes a rotation that was interrupted by a crash or a failed swap. Call it when the engine starts.
*/
export const rotateLog = async (
	live: string,
	swap: (path: string) => Promise<void>,
	limits: LogLimits = defaultLogLimits,
): Promise<{readonly isRotated: boolean}> => {
	const {next} = logNames(live, limits.files);
	const [size, begun] = await Promise.all([fileSizeOf(live), fileSizeOf(next)]);
	const plan = rotationPlan(live, begun === undefined ? size ?? 0 : Infinity, limits);
	if (!plan) {
		return {isRotated: false};
	}

	if (size === undefined) {
		// Only the last rename is missing. The other renames would replace files that are still needed.
		await renameIfThere(next, live);
		return {isRotated: true};
	}

	await create(next);
	// If it fails the file stays, because the writer may have opened it.
	await swap(next);
	for (const {from, to} of plan) {
		await renameIfThere(from, to);
	}

	return {isRotated: true};
};

/**
Prepares a log before a machine opens it: creates the file, finishes an interrupted rotation, and terminates a truncated last record, so that a new record starts on its own line.
*/
export const prepareLog = async (live: string, limits: LogLimits = defaultLogLimits): Promise<void> => {
	if (await fileSizeOf(logNames(live, limits.files).next) !== undefined) {
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

/** Removes every file of a log. */
export const removeLog = async (live: string, limits: LogLimits = defaultLogLimits): Promise<void> => {
	// Its limit may have been higher.
	const {next, older} = logNames(live, Math.max(limits.files, maximumOlder + 1));
	await Promise.all([next, live, ...older].map(async file => rm(file, {force: true})));
};
