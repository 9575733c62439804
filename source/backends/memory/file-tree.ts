import {directoryOf} from '../../rules/containers/file-changes.js';
import {
	contentBytes,
	directoryNode,
	fileError,
	largestFile,
	largestTree,
	spaceOf,
	type Nodes,
	type TreeNode,
} from './file-node.js';

/** A tree mounted in another tree, or the part of it at `within`, which is empty for the whole. */
export type TreeMount = {readonly path: string; readonly tree: FileTree; readonly within: string; readonly readOnly: boolean};

export type Located = {
	/** Absolute, without links, `.` and `..`; empty for the root. */
	readonly path: string;
	readonly node: TreeNode;
};

/** The file system of a container, an image or a volume. Paths are absolute; links are followed as the container sees them. */
export type FileTree = {
	/** Its nodes when it was made. */
	readonly base: Nodes;
	/** Its own nodes, without what is mounted. */
	readonly nodes: () => Nodes;
	/** What can be seen: its own nodes, and what is mounted over them. */
	readonly visible: () => Nodes;
	/** Throws ENOENT, ENOTDIR and ELOOP. With `follow: false` the last part is not followed if it is a link. */
	readonly locate: (path: string, options?: {readonly follow?: boolean}) => Located;
	/** As `locate`; undefined instead of an error. */
	readonly find: (path: string, options?: {readonly follow?: boolean}) => Located | undefined;
	/** The names in a directory, at a path without links. */
	readonly list: (path: string) => readonly string[];
	/** Replaces the node at a path, whose directory has to exist; a directory in place of another keeps what is in it. Throws EROFS, and ENOSPC where the file or the tree would be too large. */
	readonly put: (path: string, node: TreeNode) => void;
	readonly remove: (path: string) => void;
	/** Makes a directory and those above it. */
	readonly makeDirectory: (path: string, mode?: number) => void;
	/** Bytes of the files that it had not when it was made. */
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

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** What is below a directory, by the path from there; each directory comes before what is in it. */
export const nodesBelow = (nodes: Nodes, directory: string): ReadonlyArray<readonly [path: string, node: TreeNode]> => [...nodes]
	.filter(([path]) => path.startsWith(`${directory}/`))
	.map(([path, node]) => [path.slice(directory.length + 1), node] as const)
	.toSorted(([one], [other]) => one < other ? -1 : 1);

export const createFileTree = (now: () => number, given?: Nodes, forkOptions: ForkOptions = {}): FileTree => {
	const {mounts = [], readOnly = false} = forkOptions;
	const base: Nodes = given ? new Map(given) : new Map([['', directoryNode(now())]]);
	const nodes = new Map(base);
	/** Bytes that changes have added. */
	let added = 0;

	const outerFirst = mounts.toSorted((one, other) => one.path.length - other.path.length);

	/** The mount that a path without links is in. */
	const mountOf = (path: string) => outerFirst.findLast(mount => isWithin(path, mount.path));

	const pathInside = (mount: TreeMount, path: string) => mount.within + path.slice(mount.path.length);

	const nodeAt = (path: string): TreeNode | undefined => {
		const mount = mountOf(path);
		return mount ? mount.tree.nodes().get(pathInside(mount, path)) : nodes.get(path);
	};

	const visible = (): Nodes => {
		const seen = new Map(nodes);
		for (const {path, tree, within} of outerFirst) {
			for (const covered of [...seen.keys()].filter(other => isWithin(other, path))) {
				seen.delete(covered);
			}

			for (const [inside, node] of tree.nodes()) {
				if (isWithin(inside, within)) {
					seen.set(path + inside.slice(within.length), node);
				}
			}
		}

		return seen;
	};

	const locate: FileTree['locate'] = (path, {follow = true} = {}) => {
		const waiting = partsOf(path).toReversed();
		let here: Located = {path: '', node: nodes.get('')!};
		for (let links = 0; waiting.length > 0;) {
			const part = waiting.pop()!;
			if (part === '..') {
				const above = directoryOf(here.path);
				here = {path: above, node: nodeAt(above)!};
				continue;
			}

			if (here.node.type !== 'directory') {
				throw fileError('ENOTDIR');
			}

			const place = `${here.path}/${part}`;
			const next = nodeAt(place);
			if (!next) {
				throw fileError('ENOENT');
			}

			if (next.type !== 'link' || !(follow || waiting.length > 0 || path.endsWith('/'))) {
				here = {path: place, node: next};
				continue;
			}

			links++;
			if (links > maximumLinks) {
				throw fileError('ELOOP');
			}

			waiting.push(...partsOf(next.target).toReversed());
			if (next.target.startsWith('/')) {
				here = {path: '', node: nodes.get('')!};
			}
		}

		if (path.endsWith('/') && here.node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		return here;
	};

	const find: FileTree['find'] = (path, options) => {
		try {
			return locate(path, options);
		} catch {
			return undefined;
		}
	};

	/** Replaces or removes one of the tree's own nodes. */
	const replace = (path: string, node: TreeNode | undefined) => {
		const old = nodes.get(path);
		const growth = (node ? spaceOf(node) : 0) - (old ? spaceOf(old) : 0);
		if (growth > 0 && added + growth > largestTree) {
			throw fileError('ENOSPC');
		}

		added += growth;
		if (old?.type === 'directory' && node?.type !== 'directory') {
			for (const [other, lost] of nodes) {
				if (other.startsWith(`${path}/`)) {
					nodes.delete(other);
					added -= spaceOf(lost);
				}
			}
		}

		const above = directoryOf(path);
		nodes.set(above, {...nodes.get(above)!, modifiedAt: now()});
		if (node) {
			nodes.set(path, node);
		} else {
			nodes.delete(path);
		}
	};

	/** Replaces or removes the node at a path without links. */
	const change = (path: string, node: TreeNode | undefined) => {
		if (node?.type === 'file' && node.content.length > largestFile) {
			throw fileError('ENOSPC');
		}

		if (path.length > longestPath) {
			throw fileError('ENAMETOOLONG');
		}

		const mount = mountOf(path);
		if (mount?.readOnly ?? readOnly) {
			throw fileError('EROFS');
		}

		if (path === (mount?.path ?? '') && node?.type !== 'directory') {
			throw fileError('EBUSY');
		}

		if (!mount) {
			replace(path, node);
		} else if (node) {
			mount.tree.put(pathInside(mount, path), node);
		} else {
			mount.tree.remove(pathInside(mount, path));
		}
	};

	/** The path with its directory resolved and its last part as given. */
	const place = (path: string): string => {
		const parts = partsOf(path);
		const directory = locate(`/${parts.slice(0, -1).join('/')}`);
		if (directory.node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		return parts.length === 0 ? '' : `${directory.path}/${parts.at(-1)}`;
	};

	return {
		base,
		nodes: () => nodes,
		visible,
		locate,
		find,
		list: path => nodesBelow(visible(), path).map(([inside]) => inside).filter(inside => !inside.includes('/')),
		put(path, node) {
			change(place(path), node);
		},
		remove(path) {
			change(locate(path, {follow: false}).path, undefined);
		},
		makeDirectory(path, mode) {
			let here = '';
			for (const part of partsOf(path)) {
				const next = part === '..' ? directoryOf(here) : `${here}/${part}`;
				const there = nodeAt(next);
				const found = there?.type === 'link' ? find(next) : there && {path: next, node: there};
				if (there && found?.node.type !== 'directory') {
					throw fileError(found ? 'ENOTDIR' : 'EEXIST');
				}

				if (!there) {
					change(next, directoryNode(now(), mode));
				}

				here = found?.path ?? next;
			}
		},
		bytes: () => nodes.entries().reduce((sum, [path, node]) => base.get(path) === node ? sum : sum + contentBytes(node), 0),
		fork: options => createFileTree(now, nodes, options),
		copy: () => createFileTree(now, nodes, {mounts: mounts.map(mount => ({...mount, tree: mount.tree.copy()})), readOnly}),
	};
};
