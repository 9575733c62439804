import {defaultNetwork} from '../../engine/networks.js';
import type {Attachment, AttachmentConfiguration, Network} from '../../engine/resources.js';
import {findNetwork} from '../../rules/find-resource.js';
import * as rules from '../../rules/networks/attachments.js';
import {publish, type ContainerRecord, type NetworkRecord, type State} from './state.js';

/** The networks that a container asks for: none for `none`, the default network when it names none. */
export const wantedAttachments = (networks: readonly AttachmentConfiguration[]): readonly AttachmentConfiguration[] => {
	const wanted = networks.length === 0 ? [{network: defaultNetwork, aliases: []}] : networks;
	return wanted.filter(({network}) => network !== 'none');
};

/** All containers, and whether each has taken its addresses. */
export const attachedIn = ({containers}: State): Iterable<rules.Attached> =>
	containers.values().map(({container, run}) => ({container, isRunning: run !== undefined}));

/** Plans an attachment to a network without changing anything. Throws `not-found`, and `invalid` or `conflict` for the address or MAC address. */
export const planAttachment = (state: State, wanted: AttachmentConfiguration, {isRunning}: {readonly isRunning: boolean}): Attachment =>
	rules.planAttachment({
		network: findNetwork(state.networks, wanted.network), wanted, endpointId: state.random.hex(64), isRunning, attached: attachedIn(state),
	});

/** A network with its leases. */
export const describeNetwork = (state: State, network: NetworkRecord): Network =>
	({...network, leases: rules.leasesOf(network.id, attachedIn(state))});

/** Publishes that a container was connected or disconnected. */
export const publishConnection = (state: State, {container}: ContainerRecord, action: 'connect' | 'disconnect', attachments = container.attachments): void => {
	for (const {networkId, network} of attachments) {
		publish(state, {type: 'network', action, id: networkId, attributes: {container: container.id, name: network, type: 'bridge'}});
	}
};
