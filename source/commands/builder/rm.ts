import {defineCommand} from '../command.js';
import {builderOf} from './builder-of.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		await builderOf(await context.engine()).remove();
	},
});
