import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'VOLUME...',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Ignore missing ones'},
	},
	async run(context, {force}, input) {
		const engine = await context.engine();
		return forEachReference(context, input, async name => engine.removeVolume(name, {force}));
	},
});
