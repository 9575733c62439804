import type {Stats} from 'node:fs';
import {open} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';

/** The text of a file; empty if it does not exist. `check` may throw for its metadata. Throws `invalid` for an unreadable file. */
export const readIfThere = async (file: string, check?: (status: Stats) => void): Promise<string> => {
	try {
		await using handle = await open(file);
		check?.(await handle.stat());
		return await handle.readFile('utf8');
	} catch (error) {
		if (error instanceof HolmError) {
			throw error;
		}

		if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			return '';
		}

		throw new HolmError('invalid', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'make it readable for this user', cause: error});
	}
};
