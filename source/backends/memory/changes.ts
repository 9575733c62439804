import {Readable} from 'node:stream';
import type {ChangesVerbs} from '../../engine/changes.js';
import {findContainer} from '../../rules/find-resource.js';
import type {FileChange} from '../../engine/resources.js';
import {listChanges} from '../../rules/containers/file-changes.js';
import {publishOf, type State} from './state.js';
import {packNodes} from './tar-tree.js';
import type {DirectoryNode, TreeNode} from './file-node.js';

const areEqual = (one: TreeNode, other: TreeNode): boolean => one.type === 'directory' && other.type === 'directory'
	? one.mode === other.mode && one.uid === other.uid && one.gid === other.gid
	: one === other;

/** The changes from one tree to another. */
const compareTrees = (original: DirectoryNode, present: DirectoryNode): readonly FileChange[] => {
	const changes = new Map<string, FileChange['kind']>();
	// Without recursion: the depth of directories is up to the container.
	const waiting: Array<readonly [path: string, before: TreeNode | undefined, now: DirectoryNode]> = [['', original, present]];
	for (let next = waiting.pop(); next; next = waiting.pop()) {
		const [path, before, now] = next;
		const earlier = before?.type === 'directory' ? before.children : new Map<string, TreeNode>();
		for (const [name, node] of now.children) {
			const place = `${path}/${name}`;
			const other = earlier.get(name);
			if (node === other) {
				continue;
			}

			if (!other || !areEqual(node, other)) {
				changes.set(place, other ? 'changed' : 'added');
			}

			if (node.type === 'directory') {
				waiting.push([place, other, node]);
			}
		}

		for (const name of earlier.keys()) {
			if (!now.children.has(name)) {
				changes.set(`${path}/${name}`, 'deleted');
			}
		}
	}

	return listChanges(changes, []);
};

export const changesVerbs = (state: State): ChangesVerbs => ({
	async changes(reference) {
		const {original, files} = findContainer(state.containers, reference);
		return compareTrees(original, files.root());
	},
	async exportContainer(reference) {
		const record = findContainer(state.containers, reference);
		publishOf(state, record, 'export');
		return Readable.from(packNodes(record.files.root().children), {objectMode: false});
	},
});
