import {HolmError} from '../../engine/errors.js';
import {defaultNetwork, networkOf, type Entry, type NetworkRecord, type Context} from './context.js';

const isIdStart = (reference: string) => /^[\da-f]{1,64}$/v.test(reference);

const shorten = (reference: string) => JSON.stringify(reference.slice(0, 200)).slice(1, -1);

/** The container of a name, an id or the beginning of one. Throws `not-found`, and `invalid` for what begins several ids. */
export const findContainer = ({containers}: Context, reference: string): Entry => {
	const name = reference.replace(/^\//v, '');
	const exact = containers.get(name) ?? containers.values().find(({container}) => container.name === name);
	if (exact) {
		return exact;
	}

	const matching = isIdStart(name) ? containers.values().filter(({container}) => container.id.startsWith(name)).toArray() : [];
	if (matching.length > 1) {
		throw new HolmError('invalid', `multiple IDs found with provided prefix: ${shorten(reference)}`, {remedy: 'give more digits of the id'});
	}

	if (!matching[0]) {
		throw new HolmError('not-found', `No such container: ${shorten(reference)}`, {remedy: 'holm ps -a lists them'});
	}

	return matching[0];
};

/** The network of a name, an id or the beginning of one. Throws `not-found`, and `invalid` for what begins several ids. */
export const findNetwork = (context: Context, reference: string): NetworkRecord => {
	const exact = networkOf(context, reference) ?? context.networks.get(reference);
	if (exact) {
		return exact;
	}

	const matching = isIdStart(reference) ? context.networks.values().filter(({id}) => id.startsWith(reference)).toArray() : [];
	if (matching.length > 1) {
		throw new HolmError('invalid', `network ${shorten(reference)} is ambiguous (${matching.length} matches found)`, {remedy: 'give more digits of the id'});
	}

	if (!matching[0]) {
		throw new HolmError('not-found', `network ${shorten(reference)} not found`, {remedy: 'holm network ls lists them'});
	}

	return matching[0];
};

/** Containers that hold an address of a network, running or not. */
export const attachedTo = ({containers}: Context, networkId: string): readonly Entry[] =>
	containers.values().filter(({container}) => container.attachments.some(attachment => attachment.networkId === networkId)).toArray();

export const isDefault = ({name}: NetworkRecord): boolean => name === defaultNetwork;
