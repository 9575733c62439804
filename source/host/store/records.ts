import {randomBytes} from 'node:crypto';
import {
	mkdir,
	open,
	readdir,
	readFile,
	rename,
	rm,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {isMissing} from './missing.js';

const version = 1;

/** Why a record could not be used. The engine continues without it and reports that. */
export type RecordProblem = {readonly path: string; readonly reason: string};

export type RecordReading<T> =
	| {readonly state: 'read'; readonly value: T}
	| {readonly state: 'missing'}
	/** Renamed to its name with `.corrupt`, or left in place if a newer version wrote it. */
	| {readonly state: 'unusable'; readonly problem: RecordProblem};

const errorCode = (error: unknown) => (error as NodeJS.ErrnoException).code;

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: 'no space left on the disk',
	EDQUOT: 'the disk quota is used up',
	EROFS: 'the file system is read-only',
	EIO: 'the disk reported an error',
	EMFILE: 'the daemon has too many files open',
	ENFILE: 'the host has too many files open',
	EACCES: 'permission denied',
};

const writeFailure = (file: string, error: unknown) => new HolmError(
	'unavailable',
	`cannot write ${file}: ${reasons[errorCode(error) ?? ''] ?? messageOf(error)}`,
	{remedy: `check the disk of ${path.dirname(file)} and free space on it`, cause: error},
);

/** An unreadable record may be intact. If the engine continued without it, it would treat it as deleted. */
const readFailure = (file: string, error: unknown) => new HolmError(
	'unavailable',
	`cannot read ${file}: ${reasons[errorCode(error) ?? ''] ?? messageOf(error)}`,
	{remedy: errorCode(error) === 'EMFILE' ? 'allow the daemon more open files (ulimit -n)' : `check the disk of ${path.dirname(file)}; to go on without the file, move it elsewhere`, cause: error},
);

/** The text of a file; undefined if it does not exist. Throws `unavailable` if it cannot be read. */
export const readIfThere = async (file: string): Promise<string | undefined> => {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		if (isMissing(error)) {
			return undefined;
		}

		throw readFailure(file, error);
	}
};

/** A rename survives a power cut only once the directory is synced. */
const syncDirectory = async (directory: string) => {
	const handle = await open(directory);
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
};

/** Tells this process's temporary files from those of an earlier process with the same id. */
const writer = randomBytes(8).toString('hex');
let writes = 0;

/** Removes a temporary file. If that fails, the file does no harm. */
const discard = async (file: string) => {
	try {
		await rm(file, {force: true});
	} catch {}
};

/**
Writes a value as JSON, atomically: a reader, or the next start after a power cut, finds either the old record or the new one.

Creates the directory if it is missing. Throws `unavailable` if the disk is full or broken; the old record then remains, and no temporary file.
*/
export const writeRecord = async (file: string, value: Record<string, unknown>): Promise<void> => {
	const directory = path.dirname(file);
	writes += 1;
	const temporary = path.join(directory, `.${path.basename(file)}.${writer}.${writes}.tmp`);
	const text = `${JSON.stringify({version, value}, undefined, '\t')}\n`;
	try {
		await mkdir(directory, {recursive: true});
		const handle = await open(temporary, 'wx', 0o600);
		try {
			await handle.writeFile(text);
			await handle.sync();
		} finally {
			await handle.close();
		}

		await rename(temporary, file);
		await syncDirectory(directory);
	} catch (error) {
		await discard(temporary);
		throw writeFailure(file, error);
	}
};

/** Renames a record, so that the next write does not destroy what a person could still read. */
const unusable = async (file: string, reason: string): Promise<{state: 'unusable'; problem: RecordProblem}> => {
	const aside = `${file}.corrupt`;
	try {
		await rename(file, aside);
		return {state: 'unusable', problem: {path: aside, reason}};
	} catch {
		return {state: 'unusable', problem: {path: file, reason}};
	}
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads what `writeRecord` wrote. Does not throw for invalid content or a missing file; throws `unavailable` if the file cannot be read. */
export const readRecord = async <T extends Record<string, unknown>>(file: string): Promise<RecordReading<T>> => {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (error) {
		if (isMissing(error)) {
			return {state: 'missing'};
		}

		if (['EISDIR', 'ELOOP'].includes(errorCode(error) ?? '')) {
			return {state: 'unusable', problem: {path: file, reason: messageOf(error)}};
		}

		throw readFailure(file, error);
	}

	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		return unusable(file, text === '' ? 'it is empty' : 'it is not JSON');
	}

	if (isObject(parsed) && typeof parsed.version === 'number' && parsed.version > version) {
		return {state: 'unusable', problem: {path: file, reason: `a newer version of Holm wrote it (format ${parsed.version}, this one knows ${version})`}};
	}

	if (!isObject(parsed) || parsed.version !== version || !isObject(parsed.value)) {
		return unusable(file, 'it is not a record of Holm');
	}

	return {state: 'read', value: parsed.value as T};
};

/** Removes temporary files that a process left when it ended while writing. Those of this process may be in use. */
const removeLeftovers = async (directory: string, names: readonly string[]) => {
	const leftovers = names.filter(name => /^\..+\.[\da-f]{16}\.\d+\.tmp$/v.test(name) && !name.includes(`.${writer}.`));
	await Promise.all(leftovers.map(async name => discard(path.join(directory, name))));
};

const namesIn = async (directory: string) => {
	try {
		return await readdir(directory);
	} catch (error) {
		if (isMissing(error)) {
			return [];
		}

		throw readFailure(directory, error);
	}
};

export type Records<T> = {
	/** By the record's name: its file name without `.json`, or the name of its directory. */
	readonly values: ReadonlyMap<string, T>;
	readonly problems: readonly RecordProblem[];
};

/**
Reads every record of a directory: each `NAME.json` in it, or with `file` each `NAME/FILE` below it.

Records that cannot be used are listed as problems; a directory without the file is not.
*/
export const readRecords = async <T extends Record<string, unknown>>(directory: string, file?: string): Promise<Records<T>> => {
	const names = (await namesIn(directory)).toSorted();
	const values = new Map<string, T>();
	const problems: RecordProblem[] = [];
	const read = async (name: string, recordFile: string) => {
		const reading = await readRecord<T>(recordFile);
		if (reading.state === 'read') {
			values.set(name, reading.value);
		} else if (reading.state === 'unusable') {
			problems.push(reading.problem);
		}
	};

	if (file === undefined) {
		await removeLeftovers(directory, names);
		const files = names.filter(name => name.endsWith('.json') && !name.startsWith('.'));
		for (const name of files) {
			await read(name.slice(0, -'.json'.length), path.join(directory, name));
		}
	} else {
		for (const name of names) {
			const inner = path.join(directory, name);
			await removeLeftovers(inner, await namesIn(inner));
			await read(name, path.join(inner, file));
		}
	}

	return {values, problems};
};

/** Removes a record permanently, if it exists. */
export const removeRecord = async (file: string): Promise<void> => {
	try {
		await rm(file, {force: true});
		await syncDirectory(path.dirname(file));
	} catch (error) {
		if (!isMissing(error)) {
			throw writeFailure(file, error);
		}
	}
};
