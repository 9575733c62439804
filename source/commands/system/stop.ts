import {defineCommand, print} from '../command.js';

export const command = defineCommand({
	summary: 'Stop the engine\'s daemon; containers go on running',
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'End the containers too, and take the engine\'s network from the host'},
	},
	async run(context, {all}) {
		const {stopDaemon} = await import('../../backends/daemon.js');
		const found = await stopDaemon({root: context.root, everything: all});
		for (const line of found) {
			print(context, `Ended what was left: ${line}`);
		}

		print(context, all ? 'The engine and its containers are stopped.' : 'The engine is stopped.');
	},
});
