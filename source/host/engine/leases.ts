import {HolmError} from '../../engine/errors.js';
import type {Attachment, AttachmentConfiguration, Container} from '../../engine/resources.js';
import {checkEndpointLinks} from '../../rules/containers/links.js';
import {chooseAddresses, takeReserved, type Holder} from '../../rules/networks/leases.js';
import {newId} from '../containers/id.js';
import {defaultNetwork, type Context, type Entry, type NetworkRecord} from './context.js';
import {attachedTo, findNetwork} from './find.js';

/** What a container requests of one of its attachments. */
const wantedOf = ({configuration}: Container, {network}: Attachment): AttachmentConfiguration | undefined =>
	configuration.networks.find(wanted => wanted.network === network);

const holdersOf = (context: Pick<Context, 'connected' | 'containers'>, networkId: string, except?: Entry): readonly Holder[] => attachedTo(context, networkId)
	.filter(entry => entry !== except)
	.flatMap(({container}) => container.attachments
		.filter(attachment => attachment.networkId === networkId)
		.map(attachment => ({
			address: attachment.address,
			mac: attachment.mac,
			isRunning: context.connected.has(container.id),
			isRequested: wantedOf(container, attachment)?.address !== undefined,
		})));

/** Chooses the addresses of a new attachment. The caller must hold the registry. A network with a role is for containers of that role alone. */
export const leaseAttachment = (
	context: Pick<Context, 'connected' | 'containers' | 'networks'>,
	wanted: AttachmentConfiguration,
	{isRunning, role}: {readonly isRunning: boolean; readonly role?: 'builder'},
): Attachment => {
	const network = findNetwork(context, wanted.network);
	if (network.role !== role) {
		throw new HolmError('forbidden', `${network.name} is the network of the builder, and takes no other container`, {remedy: 'choose another one: holm network ls lists them'});
	}

	checkEndpointLinks(wanted, {isDefault: network.name === defaultNetwork});
	if (network.name === defaultNetwork && wanted.aliases.length > 0) {
		throw new HolmError('invalid', 'network-scoped aliases are only supported for user-defined networks', {remedy: 'holm network create makes one'});
	}

	return {
		network: network.name,
		networkId: network.id,
		endpointId: newId(),
		...chooseAddresses({network, wanted, holders: holdersOf(context, network.id)}, {isRunning}),
		prefixLength: Number(network.subnet.split('/')[1]),
		gateway: network.gateway,
		aliases: [...new Set(wanted.aliases)],
	};
};

/** The network of an attachment. Throws `not-found` if it was removed while the container did not run. */
const networkOf = ({networks}: Context, {container: {name}}: Entry, {network, networkId}: Attachment): NetworkRecord => {
	const record = networks.get(networkId);
	if (!record) {
		throw new HolmError('not-found', `network ${network} not found: it was removed since container ${name} ran`, {
			remedy: `holm network disconnect ${network} ${name} does without it; after holm network create ${network}, holm network connect ${network} ${name} takes the new one`,
		});
	}

	return record;
};

/** The attachments of a container that starts. Throws `conflict` if a running container has a requested address. The caller must hold the registry. */
export const takeAddresses = (context: Context, entry: Entry): readonly Attachment[] => entry.container.attachments.map(attachment => {
	const network = networkOf(context, entry, attachment);
	const request = {network, wanted: wantedOf(entry.container, attachment), holders: holdersOf(context, network.id, entry)};
	return {...attachment, ...takeReserved(attachment, request)};
});
