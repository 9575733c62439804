import {Readable} from 'node:stream';
import type {ChangesVerbs} from '../../engine/changes.js';
import {findContainer} from '../../rules/find-resource.js';
import {compareTrees} from './file-changes.js';
import {publishOf, type State} from './state.js';
import {packTree} from './tar-tree.js';

export const changesVerbs = (state: State): ChangesVerbs => ({
	async changes(reference) {
		state.settle();
		const {original, files} = findContainer(state.containers, reference);
		return compareTrees(original, files.root());
	},
	async exportContainer(reference) {
		state.settle();
		const record = findContainer(state.containers, reference);
		publishOf(state, record, 'export');
		return Readable.from(packTree(record.files.root()), {objectMode: false});
	},
});
