import {defineCommand, print} from '../command.js';
import {parseFilters} from '../filters.js';
import {decimalSize} from '../../text/sizes.js';
import {forceFlag, printPruned, pruneFilterFlag} from '../prune.js';
import {isConfirmed} from '../terminal/prompt.js';

export const command = defineCommand({
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Remove named images, too'},
		force: forceFlag,
		filter: pruneFilterFlag,
	},
	async run(context, {all, force, filter}) {
		if (!force && !await isConfirmed(context, all ? 'This will remove all images without at least one container associated to them.' : 'This will remove all dangling images.')) {
			return 1;
		}

		const filters = parseFilters(filter);
		const engine = await context.engine();
		const {removed, freedBytes} = await engine.pruneImages({all, filters});
		printPruned(context, 'Deleted Images', removed);
		print(context, `Total reclaimed space: ${decimalSize(freedBytes)}`);
		return 0;
	},
});
