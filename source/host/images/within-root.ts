import {Buffer} from 'node:buffer';
import {constants} from 'node:fs';
import {lstat, open, readlink} from 'node:fs/promises';
import path from 'node:path';
import {isMissing, orMissing} from '../store/missing.js';

const maximumLinks = 40;

/**
Resolves a path of an image below `root`, where the image is mounted. Symbolic links are followed as in the container: an absolute link starts at `root`, and `..` does not leave it.

Resolves with undefined if the path does not exist. The image must not change meanwhile.
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
			// The target of a link may be too long for a file name.
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

/** Up to `maximumBytes` of the text of a regular file in an image; empty if there is none. */
export const readTextWithin = async (root: string, file: string, maximumBytes: number): Promise<string> => {
	const place = await resolveWithin(root, file);
	if (place === undefined) {
		return '';
	}

	// Opening a device can have effects, or block.
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
