import {
	bytesBeyond,
	directoryNode,
	fileError,
	largestFile,
	largestTree,
	spaceOf,
	type DirectoryNode,
	type TreeNode,
} from './file-node.js';

/** A tree mounted in another tree. */
export type TreeMount = {readonly path: string; readonly tree: FileTree; readonly readOnly: boolean};

export type Located = {
	/** Absolute, without links, `.` and `..`. */
	readonly path: string;
	readonly node: TreeNode;
};

/** The file system of a container, an image or a volume. Paths are absolute; links are followed as the container sees them. */
export type FileTree = {
	readonly root: () => DirectoryNode;
	/** Throws ENOENT, ENOTDIR and ELOOP. With `follow: false` the last part is not followed if it is a link. */
	readonly locate: (path: string, options?: {readonly follow?: boolean}) => Located;
	/** As `locate`; undefined instead of an error. */
	readonly find: (path: string, options?: {readonly follow?: boolean}) => Located | undefined;
	/** Replaces the node at a path, whose directory has to exist. Throws EROFS, and ENOSPC where the file or the tree would be too large. */
	readonly put: (path: string, node: TreeNode) => void;
	readonly remove: (path: string) => void;
	/** Makes a directory and those above it. */
	readonly makeDirectory: (path: string, mode?: number) => void;
	/** Bytes of files that the tree it was forked from does not have. */
	readonly bytes: () => number;
	/** A tree with the same content, which then changes on its own. */
	readonly fork: (options?: ForkOptions) => FileTree;
	/** A copy with copies of its mounts, to try changes on. */
	readonly copy: () => FileTree;
};

export type ForkOptions = {readonly mounts?: readonly TreeMount[]; readonly readOnly?: boolean};

const maximumLinks = 40;

/** As Linux has it. */
const longestPath = 4096;

export const partsOf = (path: string): readonly string[] => path.split('/').filter(part => part !== '' && part !== '.');

type Changeable = DirectoryNode & {modifiedAt: number; readonly children: Map<string, TreeNode>};

/** Copies directories; files never change and are shared. */
const ownCopy = (node: TreeNode): TreeNode =>
	node.type === 'directory' && node.children.size > 0
		? {...node, children: new Map(node.children.entries().map(([name, child]) => [name, ownCopy(child)]))}
		: node;

export const createFileTree = (now: () => number, base = directoryNode(now()), forkOptions: ForkOptions = {}): FileTree => {
	const {mounts = [], readOnly = false} = forkOptions;
	let root = base;
	/** Bytes that changes have added. */
	let added = 0;

	/** Directories that only this tree has and changes in place: copying a directory for each of a thousand new files would copy a million entries. */
	let owned = new WeakSet<DirectoryNode>();

	const ownedCopy = (node: DirectoryNode): Changeable => {
		if (owned.has(node)) {
			return node as Changeable;
		}

		const copy: Changeable = {...node, children: new Map(node.children)};
		owned.add(copy);
		return copy;
	};

	/** The mount that contains a path without links, and the path within it. */
	const mountOf = (path: string): {readonly mount: TreeMount; readonly inside: string} | undefined => {
		let found: TreeMount | undefined;
		for (const mount of mounts) {
			if ((path === mount.path || path.startsWith(`${mount.path}/`)) && mount.path.length >= (found?.path.length ?? 0)) {
				found = mount;
			}
		}

		return found && {mount: found, inside: path.slice(found.path.length) || '/'};
	};

	const mountedAt = (path: string): TreeNode | undefined => mounts.findLast(mount => mount.path === path)?.tree.root();

	const locate: FileTree['locate'] = (path, {follow = true} = {}) => {
		const waiting = partsOf(path).toReversed();
		/** The directories down to the current one. */
		let trail: Located[] = [{path: '', node: root}];
		for (let links = 0; waiting.length > 0;) {
			const part = waiting.pop()!;
			const {path: here, node} = trail.at(-1)!;
			if (part === '..') {
				trail = trail.length > 1 ? trail.slice(0, -1) : trail;
				continue;
			}

			if (node.type !== 'directory') {
				throw fileError('ENOTDIR');
			}

			const place = `${here}/${part}`;
			const next = (mounts.length > 0 ? mountedAt(place) : undefined) ?? node.children.get(part);
			if (!next) {
				throw fileError('ENOENT');
			}

			if (next.type !== 'link' || !(follow || waiting.length > 0 || path.endsWith('/'))) {
				trail.push({path: place, node: next});
				continue;
			}

			links++;
			if (links > maximumLinks) {
				throw fileError('ELOOP');
			}

			waiting.push(...partsOf(next.target).toReversed());
			if (next.target.startsWith('/')) {
				trail = [trail[0]!];
			}
		}

		const {path: found, node} = trail.at(-1)!;
		if (path.endsWith('/') && node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		return {path: found || '/', node};
	};

	const find: FileTree['find'] = (path, options) => {
		try {
			return locate(path, options);
		} catch {
			return undefined;
		}
	};

	/** Replaces or removes the node at a path without links. */
	const replace = (path: string, node: TreeNode | undefined) => {
		const parts = partsOf(path);
		const name = parts.at(-1);
		if (name === undefined) {
			root = node?.type === 'directory' ? node : root;
			return;
		}

		const old = find(`/${parts.join('/')}`, {follow: false})?.node;
		const growth = (node ? spaceOf(node) : 0) - (old ? spaceOf(old) : 0);
		if (growth > 0 && added + growth > largestTree) {
			throw fileError('ENOSPC');
		}

		root = ownedCopy(root);
		let directory = root as Changeable;
		for (const part of parts.slice(0, -1)) {
			const child = directory.children.get(part);
			if (child?.type !== 'directory') {
				throw fileError(child ? 'ENOTDIR' : 'ENOENT');
			}

			const copy = ownedCopy(child);
			directory.children.set(part, copy);
			directory = copy;
		}

		directory.modifiedAt = now();
		if (node) {
			directory.children.set(name, node);
		} else {
			directory.children.delete(name);
		}

		added += growth;
	};

	const change = (path: string, node: TreeNode | undefined) => {
		if (node?.type === 'file' && node.content.length > largestFile) {
			throw fileError('ENOSPC');
		}

		if (path.length > longestPath) {
			throw fileError('ENAMETOOLONG');
		}

		const mounted = mountOf(path);
		if (mounted) {
			if (mounted.mount.readOnly) {
				throw fileError('EROFS');
			}

			if (mounted.inside === '/' && !node) {
				throw fileError('EBUSY');
			}

			if (node) {
				mounted.mount.tree.put(mounted.inside, node);
			} else {
				mounted.mount.tree.remove(mounted.inside);
			}

			return;
		}

		if (readOnly) {
			throw fileError('EROFS');
		}

		replace(path, node && ownCopy(node));
	};

	/** The path with its directory resolved and its last part as given. */
	const place = (path: string): string => {
		const parts = partsOf(path);
		const directory = locate(`/${parts.slice(0, -1).join('/')}`);
		if (directory.node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		return parts.length === 0 ? '/' : `${directory.path === '/' ? '' : directory.path}/${parts.at(-1)}`;
	};

	return {
		root: () => root,
		locate,
		find,
		put(path, node) {
			change(place(path), node);
		},
		remove(path) {
			change(locate(path, {follow: false}).path, undefined);
		},
		makeDirectory(path, mode) {
			let here = '/';
			for (const part of partsOf(path)) {
				const next = `${here === '/' ? '' : here}/${part}`;
				const found = find(next);
				if (found ? found.node.type !== 'directory' : find(next, {follow: false})) {
					throw fileError(found ? 'ENOTDIR' : 'EEXIST');
				}

				if (!found) {
					change(next, directoryNode(now(), mode));
				}

				here = found?.path ?? next;
			}
		},
		bytes: () => bytesBeyond(root, base),
		fork(options) {
			owned = new WeakSet();
			return createFileTree(now, root, options);
		},
		copy() {
			owned = new WeakSet();
			return createFileTree(now, root, {mounts: mounts.map(mount => ({...mount, tree: mount.tree.copy()})), readOnly});
		},
	};
};
