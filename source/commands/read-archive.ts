import {open} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {HolmError, messageOf} from '../engine/errors.js';
import type {Context} from './command.js';

/** Opens an archive: a file, or standard input if none is named. `hint` says how to name one. */
export const readArchive = async ({workingDirectory, stdin}: Context, file: string | undefined, hint: string): Promise<Readable> => {
	if (file === undefined) {
		if (stdin.isTTY) {
			throw new HolmError('invalid', 'an archive cannot be read from a terminal', {remedy: `${hint}, or redirect the input`});
		}

		return stdin;
	}

	try {
		const handle = await open(path.resolve(workingDirectory, file));
		return handle.createReadStream();
	} catch (error) {
		throw new HolmError('not-found', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'check the path', cause: error});
	}
};
