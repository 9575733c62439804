import {defineCommand} from '../command.js';
import {describe, inspectAll, inspectFlags} from '../inspect.js';

export const command = defineCommand({
	usage: 'VOLUME...',
	flags: inspectFlags,
	async run(context, {format}, input) {
		const engine = await context.engine();
		return inspectAll(context, input, async reference => describe('volume', await engine.volume(reference)), format);
	},
});
