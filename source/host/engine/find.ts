import * as resources from '../../rules/find-resource.js';
import {defaultNetwork, type Entry, type NetworkRecord, type Context} from './context.js';

/** The container of a name, an id or the beginning of one. Throws `not-found`, and `invalid` for the beginning of several ids. */
export const findContainer = ({containers}: Context, reference: string): Entry => {
	const {id} = resources.findContainer({
		get: containerId => containers.get(containerId)?.container,
		values: () => containers.values().map(({container}) => container),
	}, reference);
	return containers.get(id)!;
};

/** The network of a name, an id or the beginning of one. Throws `not-found`, and `invalid` for the beginning of several ids. */
export const findNetwork = ({networks}: Pick<Context, 'networks'>, reference: string): NetworkRecord => resources.findNetwork(networks, reference);

/** Containers that have an address on a network, running or not. */
export const attachedTo = ({containers}: Pick<Context, 'containers'>, networkId: string): readonly Entry[] =>
	containers.values().filter(({container}) => container.attachments.some(attachment => attachment.networkId === networkId)).toArray();

/** Whether a network has this name. */
export const hasNetwork = ({networks}: Context, name: string): boolean => networks.values().some(network => network.name === name);

export const isDefault = ({name}: Pick<NetworkRecord, 'name'>): boolean => name === defaultNetwork;
