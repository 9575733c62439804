import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {},
	async run(context, _flags, input) {
		const engine = await context.engine();
		return forEachReference(context, input, engine.pauseContainer);
	},
});
