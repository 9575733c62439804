import type {Stats} from 'node:fs';
import {open} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';

/** A file's text, empty where there is none. `check` may refuse what it is; throws `invalid` for what cannot be read. */
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
