import {createWriteStream, type Stats} from 'node:fs';
import {
	chmod,
	lchown,
	link,
	lstat,
	mkdir,
	rm,
	symlink,
	utimes,
} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {extract, type Header} from 'tar-stream';
import {HolmError} from '../engine/errors.js';
import {escapeControls} from '../text/escape.js';

export type UnpackOptions = {
	/** An existing directory. Nothing is written outside it. */
	readonly root: string;
	/** The path of an entry, relative to `root`; undefined skips the entry. */
	readonly rename: (name: string) => string | undefined;
	/** Set the owners from the archive. */
	readonly keepOwners: boolean;
	/** Where the archive comes from, for errors; default a container. */
	readonly origin?: 'container' | 'build';
};

const lstatIfThere = async (file: string): Promise<Stats | undefined> => {
	try {
		return await lstat(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw error;
	}
};

/** The segments of a path in an archive. Throws `invalid` if it leads outside. */
export const segmentsOf = (name: string, origin = 'container'): readonly string[] => {
	const segments = name.split('/').filter(segment => segment !== '' && segment !== '.');
	if (segments.includes('..') || name.includes('\0')) {
		throw new HolmError('invalid', `the archive of the ${origin} has an entry "${escapeControls(name)}" that leads out of it`, {remedy: `the entry was not written; do not trust this ${origin}`});
	}

	return segments;
};

/**
Unpacks a tar from a container or a build, which is not trusted: no entry is written through a symbolic link or outside the root, and devices and set-user-ID bits are dropped.

Resolves with the names of skipped entries, such as devices.
*/
export const unpack = async (tar: Readable, {root, rename, keepOwners, origin}: UnpackOptions): Promise<readonly string[]> => {
	const skipped: string[] = [];
	const directories: Array<{readonly file: string; readonly headers: Header}> = [];

	/** The path of an entry. Missing parents are created; a parent that is not a directory is an error. */
	const placeOf = async (segments: readonly string[]): Promise<string> => {
		let place = root;
		for (const segment of segments.slice(0, -1)) {
			place = path.join(place, segment);
			const status = await lstatIfThere(place);
			if (!status) {
				await mkdir(place);
			} else if (!status.isDirectory()) {
				throw new HolmError('conflict', `cannot write below ${place}: it is not a directory`, {remedy: 'choose another place'});
			}
		}

		return path.join(place, ...segments.slice(-1));
	};

	const setMetadata = async (file: string, {mode, mtime, uid, gid}: Header) => {
		if (keepOwners) {
			await lchown(file, uid, gid);
		}

		await chmod(file, mode % 0o1000);
		await utimes(file, mtime, mtime);
	};

	const makeWay = async (file: string) => {
		const status = await lstatIfThere(file);
		if (status?.isDirectory()) {
			throw new HolmError('conflict', `cannot overwrite directory ${file} with a file`, {remedy: 'remove it or choose another place'});
		}

		if (status && !status.isFile() && !status.isSymbolicLink()) {
			throw new HolmError('conflict', `cannot overwrite ${file}: it is a device, a pipe or a socket`, {remedy: 'remove it or choose another place'});
		}

		await rm(file, {force: true});
	};

	const makeDirectory = async (headers: Header, file: string) => {
		const status = await lstatIfThere(file);
		if (!status) {
			await mkdir(file);
		} else if (!status.isDirectory()) {
			throw new HolmError('conflict', `cannot overwrite ${file} with a directory`, {remedy: 'remove it or choose another place'});
		}

		if (file !== root) {
			// Later, because a directory without write permission could not be filled.
			directories.push({file, headers});
		}
	};

	const writeFile = async (headers: Header, file: string, content: Readable) => {
		await makeWay(file);
		// `wx` is O_CREAT with O_EXCL, which does not follow links.
		await pipeline(content, createWriteStream(file, {flags: 'wx', mode: 0o600}));
		await setMetadata(file, headers);
	};

	const makeSymbolicLink = async ({linkname, uid, gid}: Header, file: string) => {
		await makeWay(file);
		await symlink(linkname ?? '', file);
		if (keepOwners) {
			await lchown(file, uid, gid);
		}
	};

	const makeHardLink = async ({name, linkname}: Header, file: string) => {
		const target = rename(linkname ?? '');
		const existing = target === undefined ? undefined : await placeOf(segmentsOf(target, origin));
		const status = existing === undefined ? undefined : await lstatIfThere(existing);
		if (existing === undefined || !status?.isFile()) {
			skipped.push(name);
		} else if (existing !== file) {
			await makeWay(file);
			await link(existing, file);
		}
	};

	const writers: Readonly<Record<string, (headers: Header, file: string, content: Readable) => Promise<void>>> = {
		directory: makeDirectory,
		file: writeFile,
		'contiguous-file': writeFile,
		symlink: makeSymbolicLink,
		link: makeHardLink,
	};

	const writeEntry = async (headers: Header, content: Readable, segments: readonly string[]) => {
		const file = segments.length === 0 ? root : await placeOf(segments);
		const write = writers[headers.type];
		if (write) {
			await write(headers, file, content);
		} else {
			skipped.push(headers.name);
		}
	};

	const entries = extract();
	const reading = pipeline(tar, entries);
	reading.catch(() => undefined);
	for await (const entry of entries) {
		const name = rename(entry.header.name);
		if (name !== undefined) {
			await writeEntry(entry.header, entry as unknown as Readable, segmentsOf(name, origin));
		}

		entry.resume();
	}

	await reading;
	for (const {file, headers} of directories.toReversed()) {
		await setMetadata(file, headers);
	}

	return skipped;
};
