import {defineCommand, print} from '../command.js';
import {parseFilters} from '../filters.js';
import {decimalSize} from '../../text/sizes.js';
import {forceFlag, printPruned, pruneFilterFlag} from '../prune.js';
import {isConfirmed} from '../terminal/prompt.js';

export const command = defineCommand({
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Remove named volumes, too'},
		force: forceFlag,
		filter: pruneFilterFlag,
	},
	async run(context, {all, force, filter}) {
		if (!force && !await isConfirmed(context, `This will remove ${all ? 'all' : 'anonymous'} volumes not used by at least one container.`)) {
			return 1;
		}

		const filters = parseFilters(filter);
		const engine = await context.engine();
		const {removed, freedBytes} = await engine.pruneVolumes({all, filters});
		printPruned(context, 'Deleted Volumes', removed);
		print(context, `Total reclaimed space: ${decimalSize(freedBytes)}`);
		return 0;
	},
});
