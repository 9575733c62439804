import {constants} from 'node:fs';
import {
	lstat,
	mkdir,
	open,
	readlink,
	stat,
	type FileHandle,
} from 'node:fs/promises';
import {HolmError} from '../engine/errors.js';
import {pathOnly} from './machines/run-directory.js';
import {isMissing} from './store/missing.js';

const maximumLinks = 40;

const flags = pathOnly | constants.O_DIRECTORY;

/** Whether only root can replace the entries of a directory. */
const isRoots = async (directory: FileHandle): Promise<boolean> => {
	const {uid, mode} = await directory.stat();
	return uid === 0 && (mode & 0o022) === 0;
};

/**
Makes a directory and those above it, as root with mode 0755. Does nothing if the path exists, whatever it is.

Symbolic links are followed only in directories to which root alone writes: elsewhere another user could choose the place. Throws `forbidden` for such a link, and `invalid` if the directory cannot be made.
*/
export const makeDirectories = async (file: string): Promise<void> => {
	const failed = (reason: string, error?: unknown) => new HolmError('invalid', `error while creating mount source path '${JSON.stringify(file.slice(0, 300)).slice(1, -1)}': ${reason}`, {remedy: 'make the directory, or mount another one', cause: error});
	try {
		await stat(file);
		return;
	} catch (error) {
		if (!isMissing(error)) {
			throw failed((error as Error).message, error);
		}
	}

	let waiting = file.split('/');
	let here = await open('/', flags);
	try {
		for (let links = 0; waiting.length > 0;) {
			const [name = '', ...rest] = waiting;
			waiting = rest;
			if (name === '' || name === '.') {
				continue;
			}

			const place = `/proc/self/fd/${here.fd}/${name}`;
			const found = await lstat(place).catch((error: unknown) => {
				if (!isMissing(error)) {
					throw error;
				}
			});
			if (found?.isSymbolicLink()) {
				if (!await isRoots(here)) {
					throw new HolmError('forbidden', `error while creating mount source path '${file.slice(0, 300)}': ${JSON.stringify(name)} is a link that another user can change`, {remedy: 'make the directory, or name the path without the link'});
				}

				if (++links > maximumLinks) {
					throw failed('too many levels of symbolic links');
				}

				const target = await readlink(place);
				waiting = [...target.split('/'), ...waiting];
				if (target.startsWith('/')) {
					const root = await open('/', flags);
					await here.close();
					here = root;
				}

				continue;
			}

			if (!found) {
				await mkdir(place, 0o755).catch((error: unknown) => {
					if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
						throw error;
					}
				});
			}

			const next = await open(place, flags | constants.O_NOFOLLOW);
			await here.close();
			here = next;
		}
	} catch (error) {
		throw error instanceof HolmError ? error : failed((error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'not a directory' : (error as Error).message.replaceAll(/\/proc\/self\/fd\/\d+\//gv, ''), error);
	} finally {
		await here.close();
	}
};
