import {createWriteStream} from 'node:fs';
import {lstat, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../engine/errors.js';
import {orMissing} from '../host/store/missing.js';
import {writeAll} from '../terminal/streams.js';
import type {Context} from './command.js';

export const outputFlag = {
	type: 'string', shortFlag: 'o', value: 'FILE', description: 'Write to a file instead of standard output',
} as const;

/** Standard output by its name as a file, which must not be replaced. */
export const isStandardOutput = (file: string): boolean => ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'].includes(file);

/** Throws `invalid` if a file exists and is not a regular one: renaming would replace a device, a pipe or a link. */
const assertReplaceable = async (file: string): Promise<void> => {
	const status = await orMissing(lstat(file));
	if (status && !status.isFile()) {
		throw new HolmError('invalid', `${file} is not a regular file`, {remedy: 'name another file, or /dev/stdout for standard output'});
	}
};

/** Where an archive goes: a regular file, or standard output, as a function that writes it. Throws `invalid` for a terminal, and for a device, pipe, link or directory. */
export const archiveWriter = async (context: Context, output: string | undefined): Promise<(tar: Readable) => Promise<void>> => {
	const file = output === undefined ? undefined : path.resolve(context.workingDirectory, output);
	const target = file === undefined || isStandardOutput(file) ? undefined : file;
	if (target === undefined && context.stdout.isTTY) {
		throw new HolmError('invalid', 'an archive is not for a terminal', {remedy: 'name a file with -o, or redirect the output'});
	}

	if (target === undefined) {
		return async tar => writeAll(context.stdout, tar);
	}

	await assertReplaceable(target);
	return async tar => {
		// A failure in the middle leaves the previous file.
		const temporary = `${target}.${process.pid}`;
		try {
			await pipeline(tar, createWriteStream(temporary, {flags: 'wx', mode: 0o600}));
			await rename(temporary, target);
		} finally {
			await rm(temporary, {force: true});
		}
	};
};

/** Writes an archive from `open`; throws as `archiveWriter` does before calling it. */
export const writeArchive = async (context: Context, output: string | undefined, open: () => Promise<Readable>): Promise<void> => {
	const write = await archiveWriter(context, output);
	await write(await open());
};
