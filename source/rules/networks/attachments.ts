import {HolmError} from '../../engine/errors.js';
import {defaultNetwork} from '../../engine/networks.js';
import type {
	Attachment,
	AttachmentConfiguration,
	Container,
	Lease,
	Network,
} from '../../engine/resources.js';
import {checkEndpointLinks} from '../containers/links.js';
import {parseCidr} from './cidr.js';
import {chooseAddresses, takeReserved, type Holder} from './leases.js';
import type {ZoneMember} from './zone.js';

/** A container, and whether it has taken its addresses: from its start until its run is cleaned up. */
export type Attached = {readonly container: Container; readonly isRunning: boolean};

type StoredNetwork = Omit<Network, 'leases' | 'bridge'>;

/** The attachments of containers to a network. */
const attachmentsTo = (networkId: string, attached: Iterable<Attached>) =>
	[...attached].flatMap(({container, isRunning}) => container.attachments
		.filter(attachment => attachment.networkId === networkId)
		.map(attachment => ({container, isRunning, attachment})));

/** What a container requests of one of its attachments. */
const wantedOf = ({configuration}: Container, {network, networkId}: Attachment): AttachmentConfiguration | undefined =>
	configuration.networks.find(wanted => wanted.network === network || wanted.network === networkId);

const holdersOf = (networkId: string, attached: Iterable<Attached>): readonly Holder[] =>
	attachmentsTo(networkId, attached).map(({container, isRunning, attachment}) => ({
		address: attachment.address,
		mac: attachment.mac,
		isRunning,
		isRequested: wantedOf(container, attachment)?.address !== undefined,
	}));

/** The leases of a network, which are the attachments of its containers. */
export const leasesOf = (networkId: string, attached: Iterable<Attached>): readonly Lease[] =>
	attachmentsTo(networkId, attached).map(({container, isRunning, attachment: {address, mac, endpointId}}) => ({
		address, mac, endpointId, containerId: container.id, containerName: container.name, ...!isRunning && {isResting: true},
	}));

/** The networks that a container requests; the default one if it requests none. */
export const requestedNetworks = ({configuration: {networks}, attachments}: Container): readonly AttachmentConfiguration[] =>
	networks.length === 0 ? attachments.map(({network, aliases}) => ({network, aliases})) : networks.filter(({network}) => network !== 'none');

type Plan = {
	readonly network: StoredNetwork;
	readonly wanted: AttachmentConfiguration;
	readonly endpointId: string;
	/** Whether the container runs. */
	readonly isRunning: boolean;
	/** All containers. */
	readonly attached: Iterable<Attached>;
};

/** Chooses the addresses of a new attachment. Throws `invalid` and `conflict`. */
export const planAttachment = ({network, wanted, endpointId, isRunning, attached}: Plan): Attachment => {
	checkEndpointLinks(wanted, {isDefault: network.name === defaultNetwork});
	if (network.name === defaultNetwork && wanted.aliases.length > 0) {
		throw new HolmError('invalid', 'network-scoped aliases are only supported for user-defined networks', {remedy: 'holm network create makes one'});
	}

	return {
		network: network.name,
		networkId: network.id,
		endpointId,
		...chooseAddresses({network, wanted, holders: holdersOf(network.id, attached)}, {isRunning}),
		prefixLength: parseCidr(network.subnet).prefixLength,
		gateway: network.gateway,
		aliases: [...new Set(wanted.aliases)],
	};
};

/** The attachments of a container that starts. Throws `not-found` if a network was removed while the container did not run, and `conflict` if a running container has a requested address. */
export const takeAddresses = (
	container: Container,
	networks: {readonly get: (id: string) => StoredNetwork | undefined},
	attached: Iterable<Attached>,
): readonly Attachment[] => {
	const others = [...attached].filter(other => other.container.id !== container.id);
	return container.attachments.map(attachment => {
		const network = networks.get(attachment.networkId);
		if (!network) {
			const {name} = container;
			throw new HolmError('not-found', `network ${attachment.network} not found: it was removed since container ${name} ran`, {
				remedy: `holm network disconnect ${attachment.network} ${name} does without it; after holm network create ${attachment.network}, holm network connect ${attachment.network} ${name} takes the new one`,
			});
		}

		const request = {network, wanted: wantedOf(container, attachment), holders: holdersOf(network.id, others)};
		return {...attachment, ...takeReserved(attachment, request)};
	});
};

/** DNS names of a container on a network, its own name first. */
const dnsNamesOf = ({name, id, configuration}: Container, {aliases}: Attachment): readonly string[] =>
	[name, id.slice(0, 12), ...configuration.hostname === undefined ? [] : [configuration.hostname], ...aliases];

/** The containers that the name server of a network knows; none on the default network, as in Docker. */
export const membersOf = (network: Pick<Network, 'id' | 'name'>, connected: readonly Container[]): readonly ZoneMember[] =>
	network.name === defaultNetwork
		? []
		: connected.flatMap(container => container.attachments
			.filter(({networkId}) => networkId === network.id)
			.map(attachment => ({containerId: container.id, address: attachment.address, names: dnsNamesOf(container, attachment)})));
