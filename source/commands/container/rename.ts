import {defineCommand} from '../command.js';
import {parseName} from '../../flags/names.js';

export const command = defineCommand({
	usage: 'CONTAINER NAME',
	flags: {},
	async run(context, _flags, [reference = '', name = '']) {
		parseName('container', name);
		const engine = await context.engine();
		await engine.renameContainer(reference, name);
	},
});
