import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';
import {stopFlags, stopOptions} from './stop.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: stopFlags,
	async run(context, flags, input) {
		const options = stopOptions(flags);
		const engine = await context.engine();
		return forEachReference(context, input, async reference => engine.restartContainer(reference, options));
	},
});
