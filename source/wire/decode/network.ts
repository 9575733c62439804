import type {
	AttachmentConfiguration,
	DnsRecord,
	Lease,
	Network,
	NetworkConfiguration,
} from '../../engine/resources.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeTime} from '../times.js';
import {decodeEndpoint} from './create.js';
import {checkFields, checkFieldsStrictly} from './fields/check.js';
import {honoured} from './fields/rule.js';
import {connectFields} from './fields/container.js';
import {networkFields} from './fields/network.js';

const decodeLeases = (fields: Fields, key: string): readonly Lease[] => fields.map(key).map(([containerId, lease]) => ({
	address: lease.text('IPv4Address').replace(/\/\d+$/v, ''),
	mac: lease.text('MacAddress'),
	containerId,
	containerName: lease.text('Name'),
	endpointId: lease.text('EndpointID'),
}));

const decodeAuxiliary = (pool: Fields): Pick<NetworkConfiguration, 'auxiliaryAddresses'> => {
	const auxiliaryAddresses = pool.textMap('AuxiliaryAddresses');
	return Object.keys(auxiliaryAddresses).length > 0 ? {auxiliaryAddresses} : {};
};

/** The answer of `GET /networks/{id}`, of any engine; networks without IPAM have an empty subnet. */
export const decodeNetwork = (json: unknown): Network => {
	const fields = fieldsOf(json);
	const pools = fields.object('IPAM').objects('Config');
	const pool = pools.find(({raw}) => typeof raw.Subnet === 'string' && !raw.Subnet.includes(':')) ?? fieldsOf({});
	return {
		id: fields.text('Id'),
		name: fields.text('Name'),
		createdAt: decodeTime(fields.text('Created')),
		driver: fields.text('Driver'),
		subnet: pool.text('Subnet'),
		gateway: pool.text('Gateway'),
		ipRange: pool.optionalText('IPRange'),
		...decodeAuxiliary(pool),
		internal: fields.flag('Internal'),
		labels: fields.textMap('Labels'),
		...fields.names('Options').length > 0 && {options: fields.textMap('Options')},
		leases: [
			...decodeLeases(fields, 'Containers'),
			...decodeLeases(fields.object('Holm'), 'Resting').map(lease => ({...lease, isResting: true})),
		],
		bridge: fields.object('Holm').optionalText('Bridge') ?? fields.object('Options').optionalText('com.docker.network.bridge.name'),
		source: json,
	};
};

/** The body of `POST /networks/create`. Throws `unsupported`, naming them all, for settings that networks cannot have. */
export const decodeCreateNetwork = (body: Fields): {readonly configuration: NetworkConfiguration; readonly warnings: readonly string[]} => {
	const warnings = checkFields(networkFields, body.raw);
	const [pool] = body.object('IPAM').objects('Config');
	const options = body.textMap('Options');
	return {
		configuration: {
			name: body.text('Name'),
			subnet: pool?.optionalText('Subnet'),
			gateway: pool?.optionalText('Gateway'),
			ipRange: pool?.optionalText('IPRange'),
			...pool && decodeAuxiliary(pool),
			internal: body.flag('Internal'),
			labels: body.textMap('Labels'),
			driver: body.text('Driver').replace('default', '') || 'bridge',
			...Object.keys(options).length > 0 && {options},
		},
		warnings,
	};
};

/** The body of `POST /networks/{id}/connect`. Throws `unsupported` for settings that an endpoint cannot have. */
export const decodeConnect = (network: string, body: Fields): {container: string; attachment: AttachmentConfiguration} => {
	const endpoint = body.object('EndpointConfig');
	checkFieldsStrictly({Container: honoured(), EndpointConfig: honoured()}, body.raw);
	checkFieldsStrictly(connectFields, endpoint.raw);
	return {container: body.text('Container'), attachment: decodeEndpoint(network, endpoint)};
};

/** One item of `GET /holm/networks/{name}/dns`. */
export const decodeDnsRecord = (fields: Fields): DnsRecord => {
	const type = fields.text('Type');
	return {
		name: fields.text('Name'),
		type: type === 'AAAA' || type === 'PTR' ? type : 'A',
		value: fields.text('Value'),
		ttlSeconds: fields.number('TtlSeconds'),
		containerId: fields.optionalText('ContainerId'),
	};
};
