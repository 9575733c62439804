import type {Readable} from 'node:stream';
import type {ImportOptions} from '../../engine/transfer.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {applyChanges, type Stage} from './build/stage.js';
import {createFileTree} from './file-tree.js';
import {deriveImage, emptyImage} from './image-store.js';
import {publish, type State} from './state.js';
import {readTar, unpack} from './tar-tree.js';

/** Makes an image of one layer from the files in a tar. */
export const importImage = async (state: State, tar: Readable, {tag, message = 'Imported from -', changes = []}: ImportOptions): Promise<string> => {
	const tags = tag === undefined ? [] : [tagName(tag)];
	const entries = await readTar(tar, 'the file system to import is not a tar');
	const files = createFileTree(state.now);
	unpack(files, '', entries, 'the file system cannot be imported');
	const stage: Stage = {
		files, configuration: emptyImage.configuration, history: [{createdBy: 'import', bytes: files.bytes()}], arguments: new Map(),
	};
	await applyChanges(stage, changes);

	const {id} = deriveImage(state, emptyImage, {...stage, tags, comment: message});
	publish(state, {type: 'image', action: 'import', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
	return id;
};
