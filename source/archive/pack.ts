import {createReadStream} from 'node:fs';
import {lstat, readdir, readlink} from 'node:fs/promises';
import path from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack as createPack} from 'tar-stream';
import {HolmError, messageOf} from '../engine/errors.js';

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
	/** Called with the name of each socket, pipe and device, which are left out. */
	readonly onSkipped?: (name: string) => void;
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

const remedy = 'try again once nothing changes the files, or leave it out';

/** The error of a file that cannot be packed. Without it, the caller would take a missing file for a missing engine. */
const failureOf = (error: unknown, name: string): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	const {code} = error as NodeJS.ErrnoException;
	if (code === 'ENOENT' && name.includes('\u{FFFD}')) {
		return new HolmError('invalid', `cannot read ${name}: its name is not UTF-8`, {remedy: 'rename it, or leave it out', cause: error});
	}

	return new HolmError('invalid', `cannot read ${name || 'a directory'}: ${messageOf(error)}`, {remedy: code === 'EACCES' ? 'check its permissions, or leave it out' : remedy, cause: error});
};

/**
Passes a file's content on.

@yields The same bytes. Throws at the end if they are fewer than `size`.
*/
async function * whole(content: AsyncIterable<Uint8Array>, name: string, size: number): AsyncGenerator<Uint8Array, void> {
	let count = 0;
	for await (const chunk of content) {
		count += chunk.length;
		yield chunk;
	}

	if (count < size) {
		throw new HolmError('invalid', `cannot read ${name}: it became shorter while it was read`, {remedy});
	}
}

/** A tar of the entries, streamed. Hard links are kept; sockets, pipes and devices are skipped. Its error names the file that cannot be read. */
export const packEntries = (entries: AsyncIterable<PackEntry>, {keepOwners = false, onSkipped}: PackOptions = {}): Readable => {
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

			if (status.size === 0) {
				pack.entry({...header, type: 'file'}, '');
				return;
			}

			// If the file grows, do not write more than the size in its header.
			const bytes = createReadStream(file, {end: status.size - 1});
			await pipeline(bytes, source => whole(source as AsyncIterable<Uint8Array>, name, status.size), pack.entry({...header, type: 'file', size: status.size}));
		} else {
			onSkipped?.(name);
		}
	};

	const packAll = async () => {
		let name = '';
		try {
			for await (const entry of entries) {
				name = entry.name;
				await add(entry);
			}

			pack.finalize();
		} catch (error) {
			pack.destroy(failureOf(error, name));
		}
	};

	void packAll();
	// A stream of Node's own has `errored`, for those who come after the error, which must not end the process.
	const tar = new PassThrough().on('error', () => undefined);
	pipeline(pack as unknown as Readable, tar).catch(() => undefined);
	return tar;
};
