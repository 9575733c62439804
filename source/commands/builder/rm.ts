import {builderOf} from '../../engine/builder.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: '',
	flags: {force: {type: 'boolean', shortFlag: 'f', description: 'Remove it even during a build'}},
	async run(context, {force}) {
		await builderOf(await context.engine()).remove({isForced: force});
	},
});
