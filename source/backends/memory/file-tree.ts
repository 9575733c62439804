import {
	bytesBeyond,
	directoryNode,
	fileError,
	type DirectoryNode,
	type TreeNode,
} from './file-node.js';

/** A tree that is mounted in another one. */
export type TreeMount = {readonly path: string; readonly tree: FileTree; readonly readOnly: boolean};

export type Located = {
	/** Absolute, without links, `.` and `..`. */
	readonly path: string;
	readonly node: TreeNode;
};

/** The file system of a container, an image or a volume. Paths are absolute; links are followed as the container sees them. */
export type FileTree = {
	readonly root: () => DirectoryNode;
	/** Throws ENOENT, ENOTDIR and ELOOP. With `follow: false` a link at the end is itself. */
	readonly locate: (path: string, options?: {readonly follow?: boolean}) => Located;
	/** What `locate` finds, or undefined. */
	readonly find: (path: string, options?: {readonly follow?: boolean}) => Located | undefined;
	/** Puts a node in place of what is there; its directory has to exist. Throws EROFS where that may not be. */
	readonly put: (path: string, node: TreeNode) => void;
	readonly remove: (path: string) => void;
	/** Makes a directory and those above it. */
	readonly makeDirectory: (path: string, mode?: number) => void;
	/** Bytes that it has and the tree that it came from has not. */
	readonly bytes: () => number;
	/** A tree that begins as this one is now. */
	readonly fork: (options?: ForkOptions) => FileTree;
	/** A tree like this one, mounts and all, on which something can be tried. */
	readonly copy: () => FileTree;
};

export type ForkOptions = {readonly mounts?: readonly TreeMount[]; readonly readOnly?: boolean};

const maximumLinks = 40;

export const partsOf = (path: string): readonly string[] => path.split('/').filter(part => part !== '' && part !== '.');

const replaceAt = (node: TreeNode | undefined, [name, ...rest]: readonly string[], change: TreeNode | undefined, now: number): TreeNode | undefined => {
	if (name === undefined) {
		return change;
	}

	if (!node) {
		throw fileError('ENOENT');
	}

	if (node.type !== 'directory') {
		throw fileError('ENOTDIR');
	}

	const child = replaceAt(node.children.get(name), rest, change, now);
	const children = new Map(node.children);
	if (child) {
		children.set(name, child);
	} else {
		children.delete(name);
	}

	return {...node, children, modifiedAt: rest.length === 0 ? now : node.modifiedAt};
};

export const createFileTree = (now: () => number, base: DirectoryNode = directoryNode(now()), {mounts = [], readOnly = false}: ForkOptions = {}): FileTree => {
	let root = base;

	/** The mount in which a path without links lies, and the path within it. */
	const mountOf = (path: string): {readonly mount: TreeMount; readonly inside: string} | undefined => {
		const mount = mounts.filter(mount => path === mount.path || path.startsWith(`${mount.path}/`)).toSorted((a, b) => b.path.length - a.path.length)[0];
		return mount && {mount, inside: path.slice(mount.path.length) || '/'};
	};

	const nodeAt = (path: string): TreeNode | undefined => {
		const mounted = mountOf(path);
		let node: TreeNode | undefined = mounted ? mounted.mount.tree.root() : root;
		for (const part of partsOf(mounted?.inside ?? path)) {
			node = node?.type === 'directory' ? node.children.get(part) : undefined;
		}

		return node;
	};

	const locate: FileTree['locate'] = (path, {follow = true} = {}) => {
		let waiting = partsOf(path);
		let here = '';
		let node: TreeNode = root;
		for (let links = 0; waiting.length > 0;) {
			const [part = '', ...rest]: readonly string[] = waiting;
			waiting = rest;
			if (part === '..') {
				here = here.slice(0, Math.max(here.lastIndexOf('/'), 0));
				node = nodeAt(here || '/')!;
				continue;
			}

			if (node.type !== 'directory') {
				throw fileError('ENOTDIR');
			}

			const next = nodeAt(`${here}/${part}`);
			if (!next) {
				throw fileError('ENOENT');
			}

			if (next.type === 'link' && (follow || rest.length > 0 || path.endsWith('/'))) {
				links++;
				if (links > maximumLinks) {
					throw fileError('ELOOP');
				}

				waiting = [...partsOf(next.target), ...rest];
				if (next.target.startsWith('/')) {
					here = '';
					node = root;
				}
			} else {
				here += `/${part}`;
				node = next;
			}
		}

		if (path.endsWith('/') && node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		return {path: here || '/', node};
	};

	const change = (path: string, node: TreeNode | undefined) => {
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

		const changed = replaceAt(root, partsOf(path), node, now());
		if (changed?.type !== 'directory') {
			throw fileError('EISDIR');
		}

		root = changed;
	};

	/** The place that a path means, its directory resolved and its last part as it is. */
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
		find(path, options) {
			try {
				return locate(path, options);
			} catch {
				return undefined;
			}
		},
		put(path, node) {
			change(place(path), node);
		},
		remove(path) {
			change(locate(path, {follow: false}).path, undefined);
		},
		makeDirectory(path, mode) {
			const parts = partsOf(path);
			for (const index of parts.keys()) {
				const here = `/${parts.slice(0, index + 1).join('/')}`;
				let found: Located | undefined;
				try {
					found = locate(here);
				} catch {}

				if (!found) {
					change(place(here), directoryNode(now(), mode));
				} else if (found.node.type !== 'directory') {
					throw fileError('ENOTDIR');
				}
			}
		},
		bytes: () => bytesBeyond(root, base),
		fork: options => createFileTree(now, root, options),
		copy: () => createFileTree(now, root, {mounts: mounts.map(mount => ({...mount, tree: mount.tree.copy()})), readOnly}),
	};
};
