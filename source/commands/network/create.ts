import type {NetworkConfiguration} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {parseAddress, parseSubnet} from '../../flags/addresses.js';
import {parseLabels} from '../../flags/environment.js';
import {parseName} from '../../flags/names.js';

export const command = defineCommand({
	summary: 'Create a network',
	usage: 'NETWORK',
	flags: {
		subnet: {type: 'string', value: 'SUBNET', description: 'Such as 192.168.70.0/24; default the next free one'},
		gateway: {type: 'string', value: 'ADDRESS', description: 'Address of the host\'s side; default the subnet\'s first'},
		ipRange: {type: 'string', value: 'SUBNET', description: 'Part of the subnet to lease addresses from'},
		internal: {type: 'boolean', description: 'No way out of the network'},
		label: {
			type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Label of the network',
		},
		driver: {
			type: 'string', shortFlag: 'd', default: 'bridge', value: 'DRIVER', description: 'bridge is the only one',
		},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print the id only'},
	},
	async run(context, {subnet, gateway, ipRange, internal, label, driver, quiet}, [name = '']) {
		if (driver !== 'bridge') {
			throw new HolmError('unsupported', `there is no network driver "${driver}"`, {remedy: 'bridge is the only one'});
		}

		const configuration: NetworkConfiguration = {
			name: parseName('network', name),
			...(subnet !== undefined && {subnet: parseSubnet('--subnet', subnet)}),
			...(gateway !== undefined && {gateway: parseAddress('--gateway', gateway)}),
			...(ipRange !== undefined && {ipRange: parseSubnet('--ip-range', ipRange)}),
			internal,
			labels: parseLabels(label),
			driver,
		};
		const engine = await context.engine();
		const {id} = await engine.createNetwork(configuration);
		print(context, quiet ? id : `Network '${name}' created.`);
	},
});
