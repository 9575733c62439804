import {constants, lstatSync, type Stats} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {shownTexts, type LogForm} from './forms.js';
import type {LogLine} from './log-buffer.js';

// Names that are tried before giving up on a free one.
const mostNames = 1000;
const linesPerWrite = 500;

/** What is at a path, without following a link; undefined if nothing is there or it cannot be read. */
export const entryAt = (file: string): Stats | undefined => {
	try {
		return lstatSync(file);
	} catch {
		return undefined;
	}
};

/** The name, or the first of `name-2`, `name-3` … that is free. */
export const freeName = (file: string): string => {
	const {dir, name, ext} = path.parse(file);
	for (let number = 1; number < mostNames; number++) {
		const candidate = path.join(dir, `${name}${number === 1 ? '' : `-${number}`}${ext}`);
		if (!entryAt(candidate)) {
			return candidate;
		}
	}

	return file;
};

const reasons: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
	EACCES: ['permission is denied', 'save it elsewhere'],
	EEXIST: ['it exists', 'save it under another name'],
	EISDIR: ['it is a directory', 'add a file name'],
	ELOOP: ['it is a symbolic link', 'name the file that it points to'],
	ENOENT: ['its directory does not exist', 'create the directory, or save it elsewhere'],
	ENOSPC: ['the disk is full', 'save it elsewhere'],
	ENXIO: ['it is not a regular file', 'save it under another name'],
	EROFS: ['the file system is read-only', 'save it elsewhere'],
};

const refusal = (file: string, error: unknown): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	const [reason, remedy] = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? [messageOf(error), 'save it elsewhere'];
	return new HolmError('unavailable', `cannot save to ${file}: ${reason}`, {remedy, cause: error});
};

/** Opens a new file, or if wanted empties one that is there. Follows no link, and waits for no reader of a pipe. */
const openFile = async (file: string, isOverwriting: boolean): Promise<FileHandle> => {
	const {O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY} = constants;
	const handle = await open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | (isOverwriting ? 0 : O_CREAT | O_EXCL), 0o600);
	try {
		const isFile = (await handle.stat()).isFile();
		if (!isFile) {
			throw new HolmError('conflict', `cannot save to ${file}: it is not a regular file`, {remedy: 'save it under another name'});
		}

		await handle.truncate(0);
		return handle;
	} catch (error) {
		await handle.close();
		throw error;
	}
};

export type SaveOptions = {
	/** Names of the containers; they are written if there are several. */
	readonly names: readonly string[];
	/** Boot logs have none. */
	readonly hasTimes: boolean;
	readonly form: LogForm;
	readonly now: number;
	readonly isOverwriting: boolean;
	readonly signal?: AbortSignal;
};

/** A line as it is saved: time, container, text. */
export const savedLine = (line: LogLine, {names, hasTimes, form, now}: Pick<SaveOptions, 'names' | 'hasTimes' | 'form' | 'now'>): string => {
	const widest = Math.max(...names.map(({length}) => length));
	const prefix = (hasTimes && line.timestamp !== '' ? `${line.timestamp} ` : '') + (names.length > 1 ? `${(names[line.source] ?? '').padEnd(widest)} ` : '');
	return shownTexts(line, form, {isUtc: true, now}).map(({text}, index) => `${index === 0 ? prefix : ' '.repeat(prefix.length)}${text}\n`).join('');
};

/** Writes lines to a file; throws an error that names the file, the reason and the remedy. */
export const saveLines = async (file: string, lines: readonly LogLine[], options: SaveOptions): Promise<void> => {
	try {
		await using handle = await openFile(file, options.isOverwriting);
		for (let start = 0; start < lines.length; start += linesPerWrite) {
			options.signal?.throwIfAborted();
			await handle.appendFile(lines.slice(start, start + linesPerWrite).map(line => savedLine(line, options)).join(''));
		}
	} catch (error) {
		throw refusal(file, error);
	}
};
