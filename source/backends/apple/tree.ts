import {createHash} from 'node:crypto';
import path from 'node:path';
import type {Readable} from 'node:stream';
import type {Header} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {FileChange} from '../../engine/resources.js';
import {directoryOf} from '../../rules/containers/file-changes.js';
import {tarEntries} from '../../archive/tar-entries.js';

/** A file of a file system; of its content, the digest. */
export type Node = {
	readonly type: string;
	/** Permissions. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly sizeBytes: number;
	readonly modifiedAt: number;
	/** Of a symbolic link; the absolute path of the other name of a hard link. */
	readonly target: string;
	readonly digest: string;
};

/** By absolute path without a slash at the end; the root is the empty path. */
export type Tree = ReadonlyMap<string, Node>;

/** The absolute path of an entry; undefined for one that leads out. */
export const entryPath = (name: string): string | undefined => {
	const parts = name.split('/').filter(part => part !== '' && part !== '.');
	return parts.includes('..') ? undefined : parts.map(part => `/${part}`).join('');
};

const nodeOf = ({type, mode, uid, gid, mtime, linkname}: Header, digest: string, sizeBytes: number): Node => ({
	type: type === 'contiguous-file' ? 'file' : type ?? 'file',
	mode: mode % 0o1_0000,
	uid,
	gid,
	sizeBytes,
	modifiedAt: mtime?.getTime() ?? 0,
	target: type === 'link' ? entryPath(linkname ?? '') ?? '' : linkname ?? '',
	digest,
});

const dropBelow = (tree: Map<string, Node>, above: string) => {
	for (const other of tree.keys()) {
		if (other.startsWith(`${above}/`)) {
			tree.delete(other);
		}
	}
};

const whiteout = '.wh.';

/** Takes the effect of a layer's mark of what it removes; whether the entry is one. */
const wasWhiteout = (tree: Map<string, Node>, place: string): boolean => {
	const name = path.posix.basename(place);
	if (!name.startsWith(whiteout)) {
		return false;
	}

	const directory = directoryOf(place);
	if (name === '.wh..wh..opq') {
		dropBelow(tree, directory);
	} else {
		const gone = `${directory}/${name.slice(whiteout.length)}`;
		tree.delete(gone);
		dropBelow(tree, gone);
	}

	return true;
};

/** A tree with what a tar adds to it; a layer of an image may also remove. Throws `internal` for what is no tar. */
export const readTree = async (
	tar: Readable,
	{below = new Map(), isLayer = false}: {readonly below?: Tree; readonly isLayer?: boolean} = {},
): Promise<Tree> => {
	const tree = new Map(below);
	try {
		for await (const entry of tarEntries(tar)) {
			const place = entryPath(entry.header.name);
			const hash = createHash('sha256');
			let size = 0;
			for await (const chunk of entry) {
				hash.update(chunk as Uint8Array);
				size += (chunk as Uint8Array).length;
			}

			if (place === undefined || (isLayer && wasWhiteout(tree, place))) {
				continue;
			}

			if (entry.header.type !== 'directory') {
				dropBelow(tree, place);
			}

			tree.set(place, nodeOf(entry.header, size > 0 ? hash.digest('hex') : '', size));
		}
	} catch (error) {
		throw error instanceof HolmError ? error : new HolmError(
			'internal',
			`Apple's container gave a file system that cannot be read: ${messageOf(error)}`,
			{remedy: 'make room on the disk, and try again', cause: error},
		);
	}

	return tree;
};

/** A hard link has its other name's content, whichever of the two a tar has as a file. */
const plain = (tree: Tree, node: Node | undefined): Node | undefined => node?.type === 'link' ? tree.get(node.target) ?? node : node;

const attributes = ['type', 'mode', 'uid', 'gid', 'target', 'digest'] as const;

const isSame = (one: Node | undefined, other: Node | undefined): boolean => attributes.every(key => one?.[key] === other?.[key]);

/** What Apple's program or the kernel puts into a root file system. */
const own = /^\/(?:dev|proc|sys|run|lost\+found)(?:\/|$)|^\/etc\/(?:hosts|hostname|resolv\.conf|mtab)$/v;

/** The changes from one tree to another, by path; without what is below the ignored paths. */
export const compareTrees = (before: Tree, after: Tree, ignored: readonly string[]): ReadonlyMap<string, FileChange['kind']> => {
	const changes = new Map<string, FileChange['kind']>();
	const isIgnored = (place: string) => place === '' || own.test(place) || ignored.some(mount => place.startsWith(`${mount}/`));
	for (const [place, node] of after) {
		const known = before.get(place);
		if (!isIgnored(place) && !isSame(plain(before, known), plain(after, node))) {
			changes.set(place, known ? 'changed' : 'added');
		}
	}

	for (const place of before.keys()) {
		const above = directoryOf(place);
		// What was in a directory that is gone itself is not listed.
		if (!isIgnored(place) && !after.has(place) && (above === '' || after.get(above)?.type === 'directory')) {
			changes.set(place, 'deleted');
		}
	}

	return changes;
};

/** The path without symbolic links among its directories, and with `follow` none at all; undefined if there is no such file. */
export const resolveIn = (tree: Tree, given: string, {follow}: {readonly follow: boolean}): string | undefined => {
	let rest = given.split('/').filter(part => part !== '' && part !== '.');
	let place = '';
	for (let count = 0; rest.length > 0 && count < 1000; count++) {
		const [part, ...others] = rest;
		rest = others;
		if (part === '..') {
			place = directoryOf(place);
			continue;
		}

		const next = `${place}/${part!}`;
		const node = tree.get(next);
		if (node?.type === 'symlink' && (follow || rest.length > 0)) {
			rest = [...node.target.split('/').filter(word => word !== '' && word !== '.'), ...rest];
			place = node.target.startsWith('/') ? '' : place;
		} else if (!node && !tree.keys().some(other => other.startsWith(`${next}/`))) {
			return undefined;
		} else {
			place = next;
		}
	}

	return rest.length > 0 ? undefined : place;
};
