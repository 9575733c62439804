import {createWriteStream} from 'node:fs';
import {
	chmod,
	link,
	lstat,
	mkdir,
	realpath,
	rm,
	symlink,
	utimes,
} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {Header} from 'tar-stream';
import {HolmError} from '../../engine/errors.js';
import {tarEntries, type TarEntry} from '../../archive/tar-entries.js';
import {diskError} from './disk-error.js';
import {printable} from './printable.js';

const refuse = (name: string, reason: string): never => {
	throw new HolmError('invalid', `The build context has an entry that is not taken: "${printable(name.slice(0, 300))}" ${reason}`, {remedy: 'make the tar of the files below the context directory'});
};

/** The components of an entry's name, empty for the root directory. Refuses a name that leads outside. */
export const componentsOf = (name: string): readonly string[] => {
	if (name.startsWith('/') || name.includes('\0')) {
		refuse(name, 'is an absolute path');
	}

	const components = name.split('/').filter(component => component !== '' && component !== '.');
	return components.includes('..') ? refuse(name, 'leads out of the context') : components;
};

/** The parent directory of an entry, created if missing. Symbolic links are never followed. */
const parentOf = async (root: string, components: readonly string[], name: string): Promise<string> => {
	let directory = root;
	for (const component of components.slice(0, -1)) {
		directory = path.join(directory, component);
		const status = await lstat(directory).catch(() => undefined);
		if (!status) {
			await mkdir(directory, {mode: 0o755});
		} else if (!status.isDirectory()) {
			refuse(name, 'goes through something that is not a directory');
		}
	}

	return directory;
};

/** A later entry replaces an earlier one of the same name, as in tar. A directory is not replaced. */
const clear = async (target: string, {type, name}: Header): Promise<void> => {
	const status = await lstat(target).catch(() => undefined);
	if (type !== 'directory' && status?.isDirectory()) {
		refuse(name, 'replaces a directory');
	}

	if (status && !status.isDirectory()) {
		await rm(target);
	}
};

// Node's pipeline misses the failure of an entry that is cut off; a loop over its chunks does not.
async function * chunksOf(entry: TarEntry): AsyncGenerator<Uint8Array, void> {
	for await (const chunk of entry) {
		yield chunk as Uint8Array;
	}
}

const write = async (root: string, target: string, entry: TarEntry): Promise<void> => {
	const {type, name, linkname, mode, mtime} = entry.header;
	// The type may also be one that no specification has.
	switch (type as string) {
		case 'file':
		case 'contiguous-file': {
			await pipeline(chunksOf(entry), createWriteStream(target, {flags: 'wx', mode: 0o600}));
			break;
		}

		case 'directory': {
			await mkdir(target, {recursive: true});
			break;
		}

		case 'symlink': {
			// It may point anywhere. Nothing here follows it, and buildah resolves it within the context.
			await symlink(linkname, target);
			return;
		}

		case 'link': {
			const components = componentsOf(linkname);
			const source = path.join(await parentOf(root, components, name), components.at(-1) ?? '');
			const status = await lstat(source).catch(() => undefined);
			if (!status?.isFile()) {
				refuse(name, 'is a link to something that is not a file of the context');
			}

			await link(source, target);
			return;
		}

		default: {
			refuse(name, `is a ${type}`);
		}
	}

	// `mode` and times are set last, because the mode may forbid writing.
	await chmod(target, mode % 0o1_0000);
	if (type !== 'directory') {
		await utimes(target, mtime, mtime);
	}
};

/**
Unpacks a build context, a tar that may be compressed with gzip or zstd, into an empty directory. No other process may write to it.

All files belong to root, as in Docker. Throws `invalid`, with the entry's name, for devices and for paths or links that lead outside, and `unavailable` if the disk is full. On failure the caller removes what was unpacked.
*/
export const unpackContext = async (tar: Readable, directory: string): Promise<void> => {
	const root = await realpath(directory);
	try {
		for await (const entry of tarEntries(tar)) {
			const components = componentsOf(entry.header.name);
			const last = components.at(-1);
			if (last !== undefined) {
				const target = path.join(await parentOf(root, components, entry.header.name), last);
				await clear(target, entry.header);
				await write(root, target, entry);
			}
		}
	} catch (error) {
		tar.destroy();
		throw diskError('Cannot read the build context', error);
	}
};
