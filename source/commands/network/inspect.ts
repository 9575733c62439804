import {defineCommand} from '../command.js';
import {inspectAll, inspectFlags} from '../inspect.js';

export const command = defineCommand({
	usage: 'NETWORK...',
	flags: inspectFlags,
	async run(context, {format}, input) {
		const engine = await context.engine();
		return inspectAll(context, input, engine.network, format);
	},
});
