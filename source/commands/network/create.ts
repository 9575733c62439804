import type {NetworkConfiguration} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {parseAddress, parseSubnet} from '../../flags/addresses.js';
import {parseLabels, parsePairs} from '../../flags/environment.js';
import {networkFields} from '../../wire/decode/fields/network.js';
import {refusedFlags} from '../refused-flags.js';
import {parseName} from '../../flags/names.js';

const refusedNetworkFlags = {
	...refusedFlags(networkFields, {
		attachable: 'Attachable', 'config-from': 'ConfigFrom', 'config-only': 'ConfigOnly', ingress: 'Ingress', ipv4: 'EnableIPv4', ipv6: 'EnableIPv6', scope: 'Scope',
	}),
	...refusedFlags(networkFields.IPAM!.inside!, {'ipam-driver': 'Driver', 'ipam-opt': 'Options'}),
};

export const command = defineCommand({
	usage: 'NETWORK',
	flags: {
		subnet: {type: 'string', value: 'SUBNET', description: 'Subnet such as 192.168.70.0/24; default the next free one'},
		gateway: {type: 'string', value: 'ADDRESS', description: 'Address of the gateway; default the first of the subnet'},
		ipRange: {type: 'string', value: 'SUBNET', description: 'Range of the subnet for leased addresses'},
		auxAddress: {
			type: 'string', isMultiple: true, value: 'NAME=ADDRESS', description: 'Address that no container gets',
		},
		internal: {type: 'boolean', description: 'Isolate the network from the outside'},
		label: {
			type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Label of the network',
		},
		driver: {
			type: 'string', shortFlag: 'd', default: 'bridge', value: 'DRIVER', description: 'Driver; bridge is the only one',
		},
		opt: {
			type: 'string', shortFlag: 'o', isMultiple: true, value: 'KEY=VALUE', description: 'Option of the driver, such as com.docker.network.driver.mtu=1400',
		},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only the id'},
	},
	refused: refusedNetworkFlags,
	async run(context, {subnet, gateway, ipRange, auxAddress, internal, label, driver, opt, quiet}, [name = '']) {
		if (driver !== 'bridge') {
			throw new HolmError('unsupported', `there is no network driver "${driver}"`, {remedy: 'bridge is the only one'});
		}

		const configuration: NetworkConfiguration = {
			name: parseName('network', name),
			...(subnet !== undefined && {subnet: parseSubnet('--subnet', subnet)}),
			...(gateway !== undefined && {gateway: parseAddress('--gateway', gateway)}),
			...(ipRange !== undefined && {ipRange: parseSubnet('--ip-range', ipRange)}),
			...auxAddress.length > 0 && {auxiliaryAddresses: parsePairs('--aux-address', auxAddress)},
			internal,
			labels: parseLabels(label),
			driver,
			...opt.length > 0 && {options: parsePairs('--opt', opt)},
		};
		const engine = await context.engine();
		const {id} = await engine.createNetwork(configuration);
		print(context, quiet ? id : `Network '${name}' created.`);
	},
});
