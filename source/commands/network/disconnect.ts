import {defineCommand} from '../command.js';

export const command = defineCommand({
	summary: 'Detach a container from a network',
	usage: 'NETWORK CONTAINER',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Even where the container does not answer'},
	},
	async run(context, {force}, [network = '', container = '']) {
		const engine = await context.engine();
		await engine.disconnectNetwork(network, container, {force});
	},
});
