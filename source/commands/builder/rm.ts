import {builderOf} from '../../engine/builder.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		await builderOf(await context.engine()).remove();
	},
});
