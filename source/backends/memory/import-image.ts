import type {Readable} from 'node:stream';
import type {ImageConfiguration} from '../../engine/resources.js';
import type {ImportOptions} from '../../engine/transfer.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {applyChanges, type Stage} from './build/stage.js';
import {createFileTree} from './file-tree.js';
import {deriveImage, hostArchitecture} from './image-store.js';
import {publish, type ImageRecord, type State} from './state.js';
import {readTar, unpack} from './tar-tree.js';

const configuration: ImageConfiguration = {
	user: '', environment: [], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes: [], labels: {},
};

/** Makes an image of one layer from the files in a tar. */
export const importImage = async (state: State, tar: Readable, {tag, message = 'Imported from -', changes = []}: ImportOptions): Promise<string> => {
	const tags = tag === undefined ? [] : [tagName(tag)];
	const entries = await readTar(tar, 'the file system to import is not a tar');
	const files = createFileTree(state.now);
	unpack(files, '', entries, 'the file system cannot be imported');
	const stage: Stage = {
		files, configuration, history: [{createdBy: 'import', bytes: files.bytes()}], arguments: new Map(),
	};
	await applyChanges(stage, changes);

	const nothing: ImageRecord = {
		image: {
			id: '', tags: [], digests: [], createdAt: 0, sizeBytes: 0, architecture: hostArchitecture, os: 'linux', configuration, layers: [], history: [],
		},
		files,
	};
	const {image: {id}} = deriveImage(state, nothing, {...stage, tags, comment: message});
	publish(state, {type: 'image', action: 'import', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
	return id;
};
