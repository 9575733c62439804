import {defineCommand} from '../command.js';
import {describe, inspectAll, inspectFlags} from '../inspect.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		...inspectFlags,
		size: {type: 'boolean', shortFlag: 's', description: 'Show their disk usage'},
	},
	async run(context, {format, size}, input) {
		const engine = await context.engine();
		return inspectAll(context, input, async reference => describe('container', await engine.container(reference, {size})), format);
	},
});
