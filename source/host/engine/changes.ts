import {Buffer} from 'node:buffer';
import type {Engine} from '../../engine/engine.js';
import type {FileChange} from '../../engine/resources.js';
import {listChanges} from '../../rules/containers/file-changes.js';
import {mountedPaths} from '../containers/bundle.js';
import {createComparison, createListParser, decodePath} from '../containers/file-list.js';
import type {Agent} from '../machines/agent.js';
import {createBaseFiles, listCommand} from './base-files.js';
import {createCommit} from './commits.js';
import {
	changedWhileRead,
	onPlainDisk,
	openOutput,
	packCommand,
	through,
	type WithFiles,
} from './files.js';
import {publishContainer, type Entry, type Site} from './site.js';

/** The root's own entry is left out, as in Docker, and names have no `./` before them. */
const exportCommand = onPlainDisk(`find.gnu . -mindepth 1 -maxdepth 1 -printf "%P\\0" | exec ${packCommand('--one-file-system')}`);

export type Compare = (entry: Entry, agent: Agent) => Promise<{
	/** Paths are bytes, each a character. */
	readonly changes: readonly FileChange[];
	/** Of those that have changed, what is not the same directory still. */
	readonly replaced: readonly string[];
}>;

/** Compares what is on a container's disk, in the guest that has it, with its image. */
export const createCompare = (site: Site): Compare => {
	const baseFiles = createBaseFiles(site);
	return async ({container}, agent) => {
		const comparison = createComparison(await baseFiles(container.imageId));
		const parser = createListParser(comparison.add);
		for await (const chunk of await openOutput(agent, listCommand, `the list of the files of container ${container.name}`)) {
			parser.push(chunk as Uint8Array);
		}

		parser.end();
		const ignored = mountedPaths(container.mounts).map(path => Buffer.from(path).toString('latin1'));
		return {changes: listChanges(comparison.changes(), ignored), replaced: comparison.replaced().filter(path => !ignored.includes(path))};
	};
};

/** What containers have on their disks beyond their images, and all that they have. */
export const createDiskVerbs = (site: Site, find: (reference: string) => Entry, withFiles: WithFiles): Pick<Engine, 'changes' | 'exportContainer' | 'commitContainer'> => {
	const compare = createCompare(site);

	return {
		async changes(reference) {
			const entry = find(reference);
			return withFiles(entry, async ({agent}) => {
				const {changes} = await compare(entry, agent);
				return {result: changes.map(({path, kind}): FileChange => ({path: decodePath(path), kind}))};
			});
		},
		commitContainer: createCommit(site, find, withFiles, compare),
		async exportContainer(reference) {
			const entry = find(reference);
			const tar = await withFiles(entry, async ({agent}) => {
				const tar = await openOutput(agent, exportCommand, `the export of container ${entry.container.name}`, {accept: [changedWhileRead]});
				return {result: tar, until: through(tar)};
			});
			publishContainer(site, entry, 'export');
			return tar;
		},
	};
};
