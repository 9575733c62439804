import {defineCommand, print} from '../command.js';

export const command = defineCommand({
	summary: 'Stop the engine\'s daemon; containers go on running',
	usage: '',
	flags: {},
	async run(context) {
		const {stopDaemon} = await import('../../backends/connect.js');
		await stopDaemon({root: context.root});
		print(context, 'The engine is stopped.');
	},
});
