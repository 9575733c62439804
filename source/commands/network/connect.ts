import {defineCommand} from '../command.js';
import {parseAddress, parseMac} from '../../flags/addresses.js';

export const command = defineCommand({
	usage: 'NETWORK CONTAINER',
	flags: {
		alias: {
			type: 'string', isMultiple: true, value: 'NAME', description: 'Alias on this network',
		},
		link: {
			type: 'string', isMultiple: true, value: 'CONTAINER[:ALIAS]', description: 'Name for another container that only this one resolves',
		},
		ip: {type: 'string', value: 'ADDRESS', description: 'Fixed address'},
		macAddress: {type: 'string', value: 'MAC', description: 'Fixed MAC address'},
	},
	async run(context, {alias, link, ip, macAddress}, [network = '', container = '']) {
		const attachment = {
			network,
			aliases: alias,
			...link.length > 0 && {links: link},
			...(ip !== undefined && {address: parseAddress('--ip', ip)}),
			...(macAddress !== undefined && {mac: parseMac('--mac-address', macAddress)}),
		};
		const engine = await context.engine();
		await engine.connectNetwork(container, attachment);
	},
});
