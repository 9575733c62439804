import {Readable} from 'node:stream';
import type {ChangesVerbs} from '../../engine/changes.js';
import {findContainer} from '../../rules/find-resource.js';
import type {FileChange} from '../../engine/resources.js';
import {directoryOf, listChanges} from '../../rules/containers/file-changes.js';
import {publishOf, type State} from './state.js';
import {nodesBelow} from './file-tree.js';
import {packNodes} from './tar-tree.js';
import type {Nodes, TreeNode} from './file-node.js';

const areEqual = (one: TreeNode, other: TreeNode | undefined): boolean => one.type === 'directory' && other?.type === 'directory'
	? one.mode === other.mode && one.uid === other.uid && one.gid === other.gid
	: one === other;

/** The changes from one tree to another. */
const compareTrees = (original: Nodes, present: Nodes): readonly FileChange[] => {
	const changes = new Map<string, FileChange['kind']>();
	for (const [path, node] of present) {
		const before = original.get(path);
		if (path !== '' && !areEqual(node, before)) {
			changes.set(path, before ? 'changed' : 'added');
		}
	}

	for (const path of original.keys()) {
		// What was in a directory that is gone itself is not listed.
		if (!present.has(path) && present.get(directoryOf(path))?.type === 'directory') {
			changes.set(path, 'deleted');
		}
	}

	return listChanges(changes, []);
};

export const changesVerbs = (state: State): ChangesVerbs => ({
	async changes(reference) {
		const {files} = findContainer(state.containers, reference);
		return compareTrees(files.base, files.nodes());
	},
	async exportContainer(reference) {
		const record = findContainer(state.containers, reference);
		publishOf(state, record, 'export');
		return Readable.from(packNodes(nodesBelow(record.files.nodes(), '')), {objectMode: false});
	},
});
