import {Buffer} from 'node:buffer';
import type {Engine} from '../../engine.js';
import type {FileChange} from '../../resources.js';
import {listChanges} from '../../rules/file-changes.js';
import {mountedPaths} from '../containers/bundle.js';
import {createComparison, createListParser, decodePath} from '../containers/file-list.js';
import {createBaseFiles, listCommand} from './base-files.js';
import {
	onPlainDisk,
	openOutput,
	through,
	type WithFiles,
} from './files.js';
import {publishContainer, type Entry, type Site} from './site.js';

/** GNU tar's own for having met files that changed while it read them. */
const changedWhileRead = 1;

/** The root's own entry is left out, as in Docker, and names have no `./` before them. */
const tarCommand = onPlainDisk('find.gnu . -mindepth 1 -maxdepth 1 -printf "%P\\0" | exec tar.gnu -c --null -T - --one-file-system --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime --xattrs --xattrs-include="*"');

/** What containers have on their disks beyond their images, and all that they have. */
export const createDiskVerbs = (site: Site, find: (reference: string) => Entry, withFiles: WithFiles): Pick<Engine, 'changes' | 'exportContainer'> => {
	const baseFiles = createBaseFiles(site);

	return {
		async changes(reference) {
			const entry = find(reference);
			const {container} = entry;
			return withFiles(entry, async ({agent}): Promise<{readonly result: readonly FileChange[]}> => {
				const comparison = createComparison(await baseFiles(container.imageId));
				const parser = createListParser(comparison.add);
				for await (const chunk of await openOutput(agent, listCommand, `the list of the files of container ${container.name}`)) {
					parser.push(chunk as Uint8Array);
				}

				parser.end();
				const changes = comparison.changes();
				const ignored = mountedPaths(container.mounts).map(path => Buffer.from(path).toString('latin1'));
				return {result: listChanges(changes, ignored).map(({path, kind}) => ({path: decodePath(path), kind}))};
			});
		},
		async exportContainer(reference) {
			const entry = find(reference);
			const tar = await withFiles(entry, async ({agent}) => {
				const tar = await openOutput(agent, tarCommand, `the export of container ${entry.container.name}`, {accept: [changedWhileRead]});
				return {result: tar, until: through(tar)};
			});
			publishContainer(site, entry, 'export');
			return tar;
		},
	};
};
