import {HolmError} from '../../engine/errors.js';
import type {AttachmentConfiguration, DnsRecord, Network, NetworkConfiguration} from '../../engine/resources.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeTime} from '../times.js';
import {decodeEndpoint} from './create.js';

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
		internal: fields.flag('Internal'),
		labels: fields.textMap('Labels'),
		leases: fields.map('Containers').map(([containerId, lease]) => ({
			address: lease.text('IPv4Address').replace(/\/\d+$/v, ''),
			mac: lease.text('MacAddress'),
			containerId,
			containerName: lease.text('Name'),
			endpointId: lease.text('EndpointID'),
		})),
		bridge: fields.object('Holm').optionalText('Bridge') ?? fields.object('Options').optionalText('com.docker.network.bridge.name'),
		source: json,
	};
};

/** The body of `POST /networks/create`. */
export const decodeCreateNetwork = (body: Fields): NetworkConfiguration => {
	const ipam = body.object('IPAM');
	const pools = ipam.objects('Config');
	if (body.flag('EnableIPv6') || pools.some(pool => pool.text('Subnet').includes(':'))) {
		throw new HolmError('unsupported', `network ${body.text('Name')}: IPv6 networks are not supported`, {remedy: 'leave IPv6 off'});
	}

	if (pools.length > 1) {
		throw new HolmError('unsupported', `network ${body.text('Name')}: a network has one subnet, not ${pools.length}`);
	}

	const driver = ipam.text('Driver') || 'default';
	if (driver !== 'default') {
		throw new HolmError('unsupported', `network ${body.text('Name')}: there is no IPAM driver ${JSON.stringify(driver.slice(0, 64))}`, {remedy: 'the only one is default'});
	}

	return {
		name: body.text('Name'),
		subnet: pools[0]?.optionalText('Subnet'),
		gateway: pools[0]?.optionalText('Gateway'),
		ipRange: pools[0]?.optionalText('IPRange'),
		internal: body.flag('Internal'),
		labels: body.textMap('Labels'),
		driver: body.text('Driver') || 'bridge',
	};
};

/** The body of `POST /networks/{id}/connect`. */
export const decodeConnect = (network: string, body: Fields): {container: string; attachment: AttachmentConfiguration} => ({
	container: body.text('Container'),
	attachment: decodeEndpoint(network, body.object('EndpointConfig')),
});

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
