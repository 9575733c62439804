import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: 'IMAGE NAME[:TAG]',
	flags: {},
	async run(context, _flags, [reference = '', name = '']) {
		const engine = await context.engine();
		await engine.tagImage(reference, name);
	},
});
