import {HolmError} from '../../engine/errors.js';
import {parseCidr} from '../../rules/networks/cidr.js';
import {checkEndpointLinks} from '../../rules/containers/links.js';
import {chooseAddresses, takeReserved, type Holder} from '../../rules/networks/leases.js';
import type {Attachment, AttachmentConfiguration, Container, Network} from '../../engine/resources.js';
import {findNetwork} from '../../rules/find-resource.js';
import {defaultNetwork} from '../../engine/networks.js';
import {publish, type ContainerRecord, type State} from './state.js';

/** The networks that a container asks for: none for `none`, the default network when it names none. */
export const wantedAttachments = (networks: readonly AttachmentConfiguration[]): readonly AttachmentConfiguration[] => {
	const wanted = networks.length === 0 ? [{network: defaultNetwork, aliases: []}] : networks;
	return wanted.filter(({network}) => network !== 'none');
};

/** What a container requests of one of its attachments. */
const wantedOf = ({configuration}: Container, {networkId, network}: Attachment) =>
	configuration.networks.find(wanted => wanted.network === network || wanted.network === networkId);

const holdersOf = ({containers}: State, {id}: Network, except?: ContainerRecord): readonly Holder[] => containers.values()
	.filter(record => record !== except)
	.flatMap(({container, run}) => container.attachments
		.filter(({networkId}) => networkId === id)
		.map(attachment => ({
			address: attachment.address,
			mac: attachment.mac,
			isRunning: run !== undefined,
			isRequested: wantedOf(container, attachment)?.address !== undefined,
		})))
	.toArray();

/** The attachments of a container that starts. Throws `conflict` if a running container has a requested address. */
export const takeAddresses = (state: State, record: ContainerRecord): readonly Attachment[] => {
	const {container} = record;
	return container.attachments.map(attachment => {
		const network = state.networks.get(attachment.networkId);
		if (!network) {
			throw new HolmError('not-found', `network ${attachment.network} not found`, {remedy: 'create it, and connect the container with it'});
		}

		const request = {network, wanted: wantedOf(container, attachment), holders: holdersOf(state, network, record)};
		return {...attachment, ...takeReserved(attachment, request)};
	});
};

/** Plans an attachment to a network without changing anything. Throws `not-found`, and `invalid` or `conflict` for the address or MAC address. */
export const planAttachment = (state: State, wanted: AttachmentConfiguration, {isRunning}: {readonly isRunning: boolean}): Attachment => {
	const network = findNetwork(state.networks, wanted.network);
	const alias = wanted.aliases.find(alias => alias === '' || /[\s\p{Control}]/v.test(alias) || alias.length > 253);
	if (alias !== undefined) {
		throw new HolmError('invalid', `invalid network alias ${JSON.stringify(alias.slice(0, 100))}`, {remedy: 'it is a name without spaces'});
	}

	checkEndpointLinks(wanted, {isDefault: network.name === defaultNetwork});
	if (network.name === defaultNetwork && wanted.aliases.length > 0) {
		throw new HolmError('invalid', 'network-scoped aliases are only supported for user-defined networks', {remedy: 'holm network create makes one'});
	}

	return {
		network: network.name,
		networkId: network.id,
		endpointId: state.random.hex(64),
		...chooseAddresses({network, wanted, holders: holdersOf(state, network)}, {isRunning}),
		prefixLength: parseCidr(network.subnet).prefixLength,
		gateway: network.gateway,
		aliases: [...new Set(wanted.aliases)],
	};
};

const changeNetwork = ({networks}: State, id: string, change: (network: Network) => Network) => {
	const network = networks.get(id);
	if (network) {
		networks.set(id, change(network));
	}
};

/** Adds a planned attachment to the leases of its network. */
export const holdLease = (state: State, {networkId, address, mac, endpointId}: Attachment, container: Pick<Container, 'id' | 'name'>): void => {
	changeNetwork(state, networkId, network => ({
		...network,
		leases: [...network.leases, {
			address, mac, endpointId, containerId: container.id, containerName: container.name,
		}],
	}));
};

export const releaseLease = (state: State, {networkId, endpointId}: Attachment): void => {
	changeNetwork(state, networkId, network => ({...network, leases: network.leases.filter(lease => lease.endpointId !== endpointId)}));
};

/** Updates the container's name in its leases. */
export const renameLeases = (state: State, {container}: ContainerRecord): void => {
	for (const {networkId} of container.attachments) {
		changeNetwork(state, networkId, network => ({
			...network,
			leases: network.leases.map(lease => lease.containerId === container.id ? {...lease, containerName: container.name} : lease),
		}));
	}
};

/** Publishes that a container was connected or disconnected. */
export const publishConnection = (state: State, {container}: ContainerRecord, action: 'connect' | 'disconnect', attachments = container.attachments): void => {
	for (const {networkId, network} of attachments) {
		publish(state, {type: 'network', action, id: networkId, attributes: {container: container.id, name: network, type: state.networks.get(networkId)?.driver ?? 'bridge'}});
	}
};
