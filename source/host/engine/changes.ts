import type {ChangesVerbs} from '../../engine/changes.js';
import type {FileChange} from '../../engine/resources.js';
import {decodePath} from '../containers/file-list.js';
import {createCompare} from './compare.js';
import {publishContainer} from './context.js';
import {
	changedWhileRead,
	onPlainDisk,
	openOutput,
	packCommand,
	through,
} from './files.js';
import {findContainer} from './find.js';
import type {VerbContext} from './verb-context.js';

/** As in Docker, the archive has no entry for the root itself, and names do not begin with `./`. */
const exportCommand = onPlainDisk(`find.gnu . -mindepth 1 -maxdepth 1 -printf "%P\\0" | exec ${packCommand('--one-file-system')}`);

export const changesVerbs = (context: VerbContext): ChangesVerbs => {
	const compare = createCompare(context);

	return {
		async changes(reference) {
			const entry = findContainer(context, reference);
			return context.withFiles(entry, async ({agent}) => {
				const {changes} = await compare(entry, agent);
				return {result: changes.map(({path, kind}): FileChange => ({path: decodePath(path), kind}))};
			});
		},
		async exportContainer(reference) {
			const entry = findContainer(context, reference);
			const tar = await context.withFiles(entry, async ({agent}) => {
				const tar = await openOutput(agent, exportCommand, `the export of container ${entry.container.name}`, {accept: [changedWhileRead]});
				return {result: tar, until: through(tar)};
			});
			publishContainer(context, entry, 'export');
			return tar;
		},
	};
};
