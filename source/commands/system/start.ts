import {defineCommand, print} from '../command.js';

export const command = defineCommand({
	summary: 'Start the engine\'s daemon',
	usage: '',
	flags: {},
	async run(context) {
		const {startDaemon} = await import('../../backends/daemon.js');
		await startDaemon({root: context.root});
		print(context, 'The engine is running.');
	},
});
