import path from 'node:path';
import {Readable} from 'node:stream';
import type {ArchivesVerbs, PathStatus} from '../../engine/archives.js';
import {HolmError} from '../../engine/errors.js';
import {isContentPath} from '../../archive/copy-paths.js';
import {findContainer} from '../../rules/find-resource.js';
import {
	isFileError,
	modeOf,
	sizeOf,
} from './file-node.js';
import {nodesBelow, type Located} from './file-tree.js';
import type {ContainerRecord, State} from './state.js';
import {
	packNodes,
	readTar,
	unpack,
} from './tar-tree.js';

const shown = (text: string) => JSON.stringify(text.slice(0, 300)).slice(1, -1);

const locate = ({container, files}: ContainerRecord, given: string, {follow}: {readonly follow: boolean}): Located => {
	if (given === '' || given.includes('\0')) {
		throw new HolmError('invalid', `${JSON.stringify(given.slice(0, 100))} is not a path`, {remedy: 'name a file in the container'});
	}

	try {
		return files.locate(`/${given}`, {follow});
	} catch (error) {
		if (isFileError(error)) {
			const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
			throw new HolmError(isMissing ? 'not-found' : 'invalid', isMissing
				? `Could not find the file ${shown(given)} in container ${container.name}`
				: `${shown(given)} in container ${container.name}: ${error.message}`, {remedy: 'check the path', cause: error});
		}

		throw error;
	}
};

const statusOf = (given: string, {path: found, node}: Located): PathStatus => ({
	name: path.posix.basename(given) || '/',
	sizeBytes: sizeOf(node),
	mode: modeOf(node),
	modifiedAt: node.modifiedAt,
	linkTarget: node.type === 'link' ? path.posix.resolve(path.posix.dirname(found), node.target) : '',
});

export const archivesVerbs = (state: State): ArchivesVerbs => ({
	async pathStatus(reference, given) {
		return statusOf(given, locate(findContainer(state.containers, reference), given, {follow: isContentPath(given)}));
	},
	async readArchive(reference, given) {
		const record = findContainer(state.containers, reference);
		const located = locate(record, given, {follow: isContentPath(given)});
		const status = statusOf(given, located);
		const name = given.endsWith('/.') || located.path === '' ? '.' : status.name;
		const below = nodesBelow(record.files.visible(), located.path).map(([inside, node]) => [`${name}/${inside}`, node] as const);
		return {status, tar: Readable.from(packNodes([[name, located.node], ...below]), {objectMode: false})};
	},
	async writeArchive(reference, given, tar) {
		const record = findContainer(state.containers, reference);
		const {path: directory, node} = locate(record, given, {follow: true});
		if (node.type !== 'directory') {
			throw new HolmError('invalid', `extraction point ${shown(given)} is not a directory in container ${record.container.name}`, {remedy: 'name a directory'});
		}

		const entries = await readTar(tar);
		const doing = `Cannot unpack into ${shown(given)} of container ${record.container.name}`;
		// A copy first: what fails leaves nothing.
		for (const tree of [record.files.copy(), record.files]) {
			unpack(tree, directory, entries, doing);
		}
	},
});
