import {createReadStream} from 'node:fs';
import {lstat, readdir, readlink} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack as createPack} from 'tar-stream';

export type PackEntry = {
	/** Path on the host. */
	readonly file: string;
	/** Name in the archive. */
	readonly name: string;
	readonly content?: string;
};

export type PackOptions = {
	/** Keep the owners' ids; default false, which gives everything to root. */
	readonly keepOwners?: boolean;
};

/**
Lists a file, or a directory with everything below it, under its names in an archive.

@yields A directory before its contents.
*/
export const walk = async function * (file: string, name: string): AsyncIterable<PackEntry> {
	yield {file, name};
	const status = await lstat(file);
	if (!status.isDirectory()) {
		return;
	}

	const children = await readdir(file);
	for (const child of children.toSorted()) {
		yield * walk(path.join(file, child), name === '' ? child : `${name}/${child}`);
	}
};

/** A tar of the entries, streamed. Hard links are kept; sockets are skipped. */
export const packEntries = (entries: AsyncIterable<PackEntry>, {keepOwners = false}: PackOptions = {}): Readable => {
	const pack = createPack();
	/** First names of files with several links, by device and inode. */
	const linked = new Map<string, string>();

	const add = async ({file, name, content}: PackEntry) => {
		if (content !== undefined) {
			pack.entry({name, mode: 0o644}, content);
			return;
		}

		const status = await lstat(file);
		const owner = keepOwners ? {uid: status.uid, gid: status.gid} : {uid: 0, gid: 0};

		const header = {
			name, mode: status.mode % 0o1_0000, mtime: status.mtime, ...owner,
		};
		if (status.isDirectory()) {
			if (name !== '') {
				pack.entry({...header, name: `${name}/`, type: 'directory'});
			}
		} else if (status.isSymbolicLink()) {
			pack.entry({
				...header, type: 'symlink', linkname: await readlink(file), size: 0,
			});
		} else if (status.isFile()) {
			const identity = `${status.dev}:${status.ino}`;
			const earlier = linked.get(identity);
			if (earlier !== undefined) {
				pack.entry({
					...header, type: 'link', linkname: earlier, size: 0,
				});
				return;
			}

			if (status.nlink > 1) {
				linked.set(identity, name);
			}

			// If the file grows, do not write more than the size in its header.
			const bytes = createReadStream(file, {end: Math.max(0, status.size - 1)});
			await pipeline(bytes, pack.entry({...header, type: 'file', size: status.size}));
		}
	};

	const packAll = async () => {
		try {
			for await (const entry of entries) {
				await add(entry);
			}

			pack.finalize();
		} catch (error) {
			pack.destroy(error as Error);
		}
	};

	void packAll();
	return pack as unknown as Readable;
};
