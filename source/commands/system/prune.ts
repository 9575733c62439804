import {defineCommand, print} from '../command.js';
import {parseFilters} from '../filters.js';
import {decimalSize} from '../../text/sizes.js';
import {forceFlag, printPruned, pruneFilterFlag} from '../prune.js';
import {isConfirmed} from '../terminal/prompt.js';

export const command = defineCommand({
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Remove named images, too'},
		volumes: {type: 'boolean', description: 'Remove anonymous volumes, too'},
		force: forceFlag,
		filter: pruneFilterFlag,
	},
	async run(context, {all, volumes, force, filter}) {
		const kinds = ['stopped containers', 'networks without containers', ...(volumes ? ['anonymous volumes without containers'] : []), all ? 'images without containers' : 'dangling images'];
		if (!force && !await isConfirmed(context, `This will remove all ${kinds.join(', all ')}.`)) {
			return 1;
		}

		const filters = parseFilters(filter);
		const engine = await context.engine();
		let freed = 0;
		const steps = [
			['Deleted Containers', async () => engine.pruneContainers(filters)],
			['Deleted Networks', async () => engine.pruneNetworks(filters)],
			...(volumes ? [['Deleted Volumes', async () => engine.pruneVolumes({filters})] as const] : []),
			['Deleted Images', async () => engine.pruneImages({all, filters})],
		] as const;
		for (const [heading, prune] of steps) {
			const {removed, freedBytes} = await prune();
			printPruned(context, heading, removed);
			freed += freedBytes;
		}

		print(context, `Total reclaimed space: ${decimalSize(freed)}`);
		return 0;
	},
});
