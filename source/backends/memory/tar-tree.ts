import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import {pack, type Pack} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {tarEntries} from '../../archive/tar-entries.js';
import {isFileError, linkNode, type TreeNode} from './file-node.js';
import {partsOf, type FileTree} from './file-tree.js';

/** An entry of a tar. The parts of its name have no `..`. */
export type TarEntry = {
	readonly parts: readonly string[];
	readonly node: TreeNode | {readonly type: 'hard link'; readonly target: readonly string[]};
};

const permissions = 0o7777;

const refuse = (name: string, reason: string): never => {
	throw new HolmError('invalid', `The tar has an entry that is not taken: ${JSON.stringify(name.slice(0, 300))} ${reason}`, {remedy: 'make the tar of the files below one directory'});
};

const componentsOf = (name: string): readonly string[] => {
	const parts = partsOf(name);
	return parts.includes('..') || name.includes('\0') ? refuse(name, 'leads out of the directory') : parts;
};

/** Bytes of all files of one tar at most: everything is in memory. */
const largestTar = 512 * 1024 * 1024;

const readContent = async (stream: AsyncIterable<unknown>, room: number): Promise<Buffer> => {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of stream) {
		chunks.push(chunk as Uint8Array);
		length += (chunk as Uint8Array).length;
		if (length > room) {
			throw new HolmError('unavailable', `The tar has more than ${largestTar / 1024 / 1024} MiB, which an engine in memory does not take`, {remedy: 'send less'});
		}
	}

	return Buffer.concat(chunks);
};

/** Reads a whole tar, plain or compressed with gzip or zstd. Throws `invalid`, beginning with `complaint`, for what is not a tar, and for entries with `..` and devices. */
export const readTar = async (tar: Readable, complaint = 'This is not a tar'): Promise<readonly TarEntry[]> => {
	const read: TarEntry[] = [];
	let total = 0;
	try {
		for await (const entry of tarEntries(tar)) {
			const {name, type, mode, uid, gid, mtime, linkname} = entry.header;
			const parts = componentsOf(name);
			const attributes = {
				mode: mode % (permissions + 1), uid, gid, modifiedAt: mtime.getTime(),
			};
			const content = await readContent(entry, largestTar - total);
			total += content.length;
			if (type === 'file' || type === 'contiguous-file') {
				read.push({parts, node: {type: 'file', ...attributes, content}});
			} else if (type === 'directory') {
				read.push({parts, node: {type, ...attributes}});
			} else if (type === 'symlink') {
				read.push({parts, node: {...linkNode(attributes.modifiedAt, linkname ?? ''), uid, gid}});
			} else if (type === 'link') {
				read.push({parts, node: {type: 'hard link', target: componentsOf(linkname ?? '')}});
			} else {
				refuse(name, `is a ${type}`);
			}
		}

		return read;
	} catch (error) {
		tar.destroy();
		throw error instanceof HolmError ? error : new HolmError('invalid', `${complaint}: ${messageOf(error)}`, {remedy: 'send a tar, plain or gzipped', cause: error});
	}
};

/** Unpacks the entries of a tar into a directory of a tree. Throws file errors, and `invalid` for a hard link without a target. */
const unpackInto = (tree: FileTree, directory: string, entries: readonly TarEntry[]): void => {
	const at = (parts: readonly string[]) => `${directory}/${parts.join('/')}`;
	for (const {parts, node} of entries) {
		const path = at(parts);
		const there = tree.find(path, {follow: false})?.node;
		if (parts.length > 1) {
			tree.makeDirectory(at(parts.slice(0, -1)));
		}

		if (node.type === 'directory') {
			// Keeps the content of a directory, and a link to a directory.
			if (there?.type === 'directory' || tree.find(path)?.node.type !== 'directory') {
				tree.put(path, node);
			}

			continue;
		}

		if (there?.type === 'directory') {
			refuse(parts.join('/'), 'would replace a directory');
		}

		if (node.type === 'hard link') {
			const target = tree.find(at(node.target), {follow: false})?.node;
			tree.put(path, target && target.type !== 'directory' ? target : refuse(parts.join('/'), 'is a link to something that is not in the tar'));
		} else {
			tree.put(path, node);
		}
	}
};

/** Unpacks the entries of a tar into a directory of a tree. Throws `forbidden` or `invalid`, beginning with `doing`; earlier entries stay then. */
export const unpack = (tree: FileTree, directory: string, entries: readonly TarEntry[], doing: string): void => {
	try {
		unpackInto(tree, directory, entries);
	} catch (error) {
		if (isFileError(error)) {
			throw new HolmError(error.code === 'EROFS' ? 'forbidden' : 'invalid', `${doing}: ${error.message}`, {remedy: 'look at what is there', cause: error});
		}

		throw error;
	}
};

const writeNode = (archive: Pack, name: string, node: TreeNode): void => {
	const header = {
		name, mode: node.mode, uid: node.uid, gid: node.gid, mtime: new Date(node.modifiedAt),
	};
	if (node.type === 'file') {
		archive.entry({...header, type: 'file'}, Buffer.from(node.content));
	} else {
		archive.entry(node.type === 'link' ? {...header, type: 'symlink', linkname: node.target} : {...header, name: `${name}/`, type: 'directory'});
	}
};

/** Packs nodes under their names, in this order. */
export const packNodes = (nodes: Iterable<readonly [name: string, node: TreeNode]>): Pack => {
	const archive = pack();
	for (const [name, node] of nodes) {
		writeNode(archive, name, node);
	}

	archive.finalize();
	return archive;
};
