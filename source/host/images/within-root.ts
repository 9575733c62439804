import {Buffer} from 'node:buffer';
import {constants} from 'node:fs';
import {lstat, open, readlink} from 'node:fs/promises';
import path from 'node:path';
import {isMissing, orMissing} from '../store/missing.js';

const maximumLinks = 40;

/**
The place of a path of an image below the directory where the image is mounted, its symbolic links followed as the container would see them: an absolute one starts at `root` again, and `..` ends there.

Resolves with undefined when there is nothing. Nobody may be writing to the image meanwhile.
*/
export const resolveWithin = async (root: string, file: string): Promise<string | undefined> => {
	let waiting = file.split('/');
	let resolved: string[] = [];
	let links = 0;
	while (waiting.length > 0) {
		const [component = '', ...rest] = waiting;
		waiting = rest;
		if (component === '' || component === '.') {
			continue;
		}

		if (component === '..') {
			resolved = resolved.slice(0, -1);
			continue;
		}

		const here = path.join(root, ...resolved, component);
		const status = await lstat(here).catch((error: unknown) => {
			// A link may name what no file system takes for a name.
			if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') {
				throw error;
			}
		});
		if (!status || (links += Number(status.isSymbolicLink())) > maximumLinks) {
			return undefined;
		}

		if (status.isSymbolicLink()) {
			const target = await readlink(here);
			resolved = target.startsWith('/') ? [] : resolved;
			waiting = [...target.split('/'), ...waiting];
		} else {
			resolved = [...resolved, component];
		}
	}

	return path.join(root, ...resolved);
};

/** The text of a regular file of an image, up to `maximumBytes` of it; empty when there is none. */
export const readTextWithin = async (root: string, file: string, maximumBytes: number): Promise<string> => {
	const place = await resolveWithin(root, file);
	if (place === undefined) {
		return '';
	}

	// Opening a device acts, and some do not open.
	const status = await orMissing(lstat(place));
	if (!status?.isFile()) {
		return '';
	}

	const handle = await open(place, constants.O_NOFOLLOW + constants.O_NONBLOCK);

	try {
		const {bytesRead, buffer} = await handle.read(Buffer.alloc(maximumBytes), 0, maximumBytes, 0);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await handle.close();
	}
};
