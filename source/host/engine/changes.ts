import type {Engine} from '../../engine/engine.js';
import type {FileChange} from '../../engine/resources.js';
import {decodePath} from '../containers/file-list.js';
import {createCommit} from './commits.js';
import {createCompare} from './compare.js';
import {
	changedWhileRead,
	onPlainDisk,
	openOutput,
	packCommand,
	through,
	type WithFiles,
} from './files.js';
import {publishContainer, type Entry, type Context} from './context.js';

/** The root's own entry is left out, as in Docker, and names have no `./` before them. */
const exportCommand = onPlainDisk(`find.gnu . -mindepth 1 -maxdepth 1 -printf "%P\\0" | exec ${packCommand('--one-file-system')}`);

/** What containers have on their disks beyond their images, and all that they have. */
export const createDiskVerbs = (context: Context, find: (reference: string) => Entry, withFiles: WithFiles): Pick<Engine, 'changes' | 'exportContainer' | 'commitContainer'> => {
	const compare = createCompare(context);

	return {
		async changes(reference) {
			const entry = find(reference);
			return withFiles(entry, async ({agent}) => {
				const {changes} = await compare(entry, agent);
				return {result: changes.map(({path, kind}): FileChange => ({path: decodePath(path), kind}))};
			});
		},
		commitContainer: createCommit(context, find, withFiles, compare),
		async exportContainer(reference) {
			const entry = find(reference);
			const tar = await withFiles(entry, async ({agent}) => {
				const tar = await openOutput(agent, exportCommand, `the export of container ${entry.container.name}`, {accept: [changedWhileRead]});
				return {result: tar, until: through(tar)};
			});
			publishContainer(context, entry, 'export');
			return tar;
		},
	};
};
