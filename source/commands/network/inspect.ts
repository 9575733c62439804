import {defineCommand} from '../command.js';
import {describe, inspectAll, inspectFlags} from '../inspect.js';

export const command = defineCommand({
	usage: 'NETWORK...',
	flags: inspectFlags,
	async run(context, {format}, input) {
		const engine = await context.engine();
		return inspectAll(context, input, async reference => describe('network', await engine.network(reference)), format);
	},
});
