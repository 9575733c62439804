import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: 'NETWORK CONTAINER',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Disconnect even if the container does not respond'},
	},
	async run(context, {force}, [network = '', container = '']) {
		const engine = await context.engine();
		await engine.disconnectNetwork(network, container, {force});
	},
});
