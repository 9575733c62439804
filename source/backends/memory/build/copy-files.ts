import {createHash} from 'node:crypto';
import path from 'node:path';
import {HolmError} from '../../../engine/errors.js';
import {bytesBeyond, type TreeNode} from '../file-node.js';
import type {FileTree} from '../file-tree.js';

export type CopyRequest = {
	readonly from: FileTree;
	readonly to: FileTree;
	/** Last the destination. */
	readonly words: readonly string[];
	readonly workingDirectory: string;
	readonly mode?: number;
	readonly owner?: {readonly uid: number; readonly gid: number};
};

const refuse = (reason: string): never => {
	throw new HolmError('invalid', reason);
};

const patternOf = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[^\w*?]/gv, String.raw`\$&`).replaceAll('*', '.*').replaceAll('?', '.')}$`, 'v');

/** The files that a source names, with the name that each has; `*` and `?` in its last part stand for others. */
const sourcesOf = (from: FileTree, source: string): ReadonlyArray<{readonly name: string; readonly node: TreeNode}> => {
	const clean = path.posix.resolve('/', source);
	const name = path.posix.basename(clean);
	if (/[*?]/v.test(name)) {
		const directory = from.find(path.posix.dirname(clean))?.node;
		const pattern = patternOf(name);
		const found = directory?.type === 'directory' ? directory.children.entries().filter(([child]) => pattern.test(child)).map(([child, node]) => ({name: child, node})).toArray() : [];
		return found.length > 0 ? found : refuse(`no file matches ${source}`);
	}

	const found = from.find(clean);
	return found ? [{name, node: found.node}] : refuse(`not in the build context: ${JSON.stringify(source.slice(0, 200))}: no such file or directory`);
};

/** What a node is made of, for a digest. */
const describe = (node: TreeNode): string => {
	switch (node.type) {
		case 'file': {
			return `${node.mode} ${createHash('sha256').update(node.content).digest('hex')}`;
		}

		case 'link': {
			return `-> ${node.target}`;
		}

		case 'directory': {
			return `${node.mode} {${node.children.entries().map(([name, child]) => `${name} ${describe(child)}`).toArray().toSorted().join(', ')}}`;
		}
	}
};

const withOwner = (node: TreeNode, {mode, owner = {uid: 0, gid: 0}}: Pick<CopyRequest, 'mode' | 'owner'>): TreeNode => ({
	...node,
	...owner,
	...mode !== undefined && node.type !== 'link' && {mode},
	...node.type === 'directory' && {children: new Map(node.children.entries().map(([name, child]) => [name, withOwner(child, {mode, owner})]))},
});

/** Lays a directory over another one. */
const merge = (below: TreeNode | undefined, above: TreeNode): TreeNode => {
	if (below?.type !== 'directory' || above.type !== 'directory') {
		return above;
	}

	const children = new Map(below.children);
	for (const [name, child] of above.children) {
		children.set(name, merge(children.get(name), child));
	}

	return {...above, children};
};

/** Copies files as COPY does: a directory's content, not itself, into a directory; a file under its name or, without a slash at the end, as the destination. Throws `invalid`. */
export const copyFiles = ({from, to, words, workingDirectory, ...attributes}: CopyRequest): {readonly bytes: number; readonly digest: string} => {
	const destination = words.at(-1);
	const sources = words.slice(0, -1).flatMap(source => sourcesOf(from, source));
	if (destination === undefined || sources.length === 0) {
		return refuse('COPY needs at least two arguments, and the last is the destination');
	}

	const isDirectory = destination.endsWith('/') || destination === '.' || destination.endsWith('/.');
	if (sources.length > 1 && !isDirectory) {
		refuse('When using COPY with more than one source file, the destination must be a directory and end with a /');
	}

	const target = path.posix.resolve(workingDirectory || '/', destination);
	let bytes = 0;
	const digest = createHash('sha256');
	for (const {name, node} of sources) {
		const copy = withOwner(node, attributes);
		const there = to.find(target)?.node;
		if (copy.type === 'directory') {
			to.makeDirectory(target);
			to.put(target, merge(to.find(target)?.node, copy));
		} else {
			const file = isDirectory || there?.type === 'directory' ? path.posix.join(target, name) : target;
			to.makeDirectory(path.posix.dirname(file));
			to.put(file, copy);
		}

		bytes += bytesBeyond(copy);
		digest.update(`${name} ${describe(copy)}\n`);
	}

	return {bytes, digest: digest.digest('hex')};
};
