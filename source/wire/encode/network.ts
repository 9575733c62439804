import type {AttachmentConfiguration, DnsRecord, Lease, Network, NetworkConfiguration} from '../../engine/resources.js';
import {encodeTime} from '../times.js';
import {encodeEndpoint} from './create.js';

const encodePool = ({subnet, gateway, ipRange, auxiliaryAddresses}: Pick<NetworkConfiguration, 'subnet' | 'gateway' | 'ipRange' | 'auxiliaryAddresses'>) => ({
	...subnet && {Subnet: subnet},
	...gateway && {Gateway: gateway},
	...ipRange && {IPRange: ipRange},
	...auxiliaryAddresses && {AuxiliaryAddresses: {...auxiliaryAddresses}},
});

const encodeLeases = (leases: readonly Lease[], prefixLength: string) => Object.fromEntries(leases.map(lease => [lease.containerId, {
	Name: lease.containerName,
	EndpointID: lease.endpointId,
	MacAddress: lease.mac,
	IPv4Address: `${lease.address}/${prefixLength}`,
	IPv6Address: '',
}]));

/** The answer of `GET /networks/{id}`, and one item of `GET /networks`. */
export const encodeNetwork = (network: Network) => {
	const prefixLength = network.subnet.split('/', 2)[1] ?? '32';
	return {
		Name: network.name,
		Id: network.id,
		Created: encodeTime(network.createdAt),
		Scope: 'local',
		Driver: network.driver,
		EnableIPv4: true,
		EnableIPv6: false,
		IPAM: {
			Driver: 'default',
			Options: null,
			Config: [encodePool(network)],
		},
		Internal: network.internal,
		Attachable: false,
		Ingress: false,
		ConfigFrom: {Network: ''},
		ConfigOnly: false,
		Containers: encodeLeases(network.leases.filter(({isResting}) => !isResting), prefixLength),
		// Only requested options: docker-compose would recreate the network otherwise.
		Options: {...network.options},
		Labels: {...network.labels},
		Holm: {
			Bridge: network.bridge,
			/** Docker's endpoints end with their container. */
			Resting: encodeLeases(network.leases.filter(({isResting}) => isResting), prefixLength),
		},
	};
};

const encodeWantedPools = (configuration: NetworkConfiguration) => {
	const pool = encodePool(configuration);
	return Object.keys(pool).length > 0 ? [pool] : [];
};

/** The body of `POST /networks/create`. */
export const encodeCreateNetwork = (configuration: NetworkConfiguration) => ({
	Name: configuration.name,
	CheckDuplicate: true,
	Driver: configuration.driver,
	Internal: configuration.internal,
	Labels: {...configuration.labels},
	Options: {...configuration.options},
	IPAM: {
		Driver: 'default',
		Config: encodeWantedPools(configuration),
	},
});

/** The body of `POST /networks/{id}/connect`. */
export const encodeConnect = (container: string, attachment: AttachmentConfiguration) => ({
	Container: container,
	EndpointConfig: encodeEndpoint(attachment),
});

/** One item of `GET /holm/networks/{name}/dns`. */
export const encodeDnsRecord = (record: DnsRecord) => ({
	Name: record.name,
	Type: record.type,
	Value: record.value,
	TtlSeconds: record.ttlSeconds,
	ContainerId: record.containerId,
});
