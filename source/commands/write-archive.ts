import {createWriteStream} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../engine/errors.js';
import {writeAll} from '../terminal/streams.js';
import type {Context} from './command.js';

export const outputFlag = {
	type: 'string', shortFlag: 'o', value: 'FILE', description: 'Write to a file instead of standard output',
} as const;

/** Writes an archive from `open` to a file or to standard output. Throws `invalid` for a terminal, before calling `open`. */
export const writeArchive = async (context: Context, output: string | undefined, open: () => Promise<Readable>): Promise<void> => {
	if (output === undefined && context.stdout.isTTY) {
		throw new HolmError('invalid', 'an archive is not for a terminal', {remedy: 'name a file with -o, or redirect the output'});
	}

	const tar = await open();
	if (output === undefined) {
		await writeAll(context.stdout, tar);
		return;
	}

	// A failure in the middle leaves the previous file.
	const file = path.resolve(context.workingDirectory, output);
	const temporary = `${file}.${process.pid}`;
	try {
		await pipeline(tar, createWriteStream(temporary, {flags: 'wx', mode: 0o600}));
		await rename(temporary, file);
	} finally {
		await rm(temporary, {force: true});
	}
};
