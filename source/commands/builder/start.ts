import {builderOf} from '../../engine/builder.js';
import {defineCommand} from '../command.js';
import {withPatience} from '../print/patience.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		await withPatience(context, 'Still starting. The first start makes the builder from the programs of Docker\'s engine.', builderOf(await context.engine()).start());
	},
});
