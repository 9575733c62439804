import type {NetworkConfiguration} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {parseAddress, parseSubnet} from '../../flags/addresses.js';
import {parseLabels} from '../../flags/environment.js';
import {parseName} from '../../flags/names.js';

export const command = defineCommand({
	usage: 'NETWORK',
	flags: {
		subnet: {type: 'string', value: 'SUBNET', description: 'Subnet such as 192.168.70.0/24; default the next free one'},
		gateway: {type: 'string', value: 'ADDRESS', description: 'Address of the gateway; default the first of the subnet'},
		ipRange: {type: 'string', value: 'SUBNET', description: 'Range of the subnet for leased addresses'},
		internal: {type: 'boolean', description: 'Isolate the network from the outside'},
		label: {
			type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Label of the network',
		},
		driver: {
			type: 'string', shortFlag: 'd', default: 'bridge', value: 'DRIVER', description: 'Driver; bridge is the only one',
		},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only the id'},
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
