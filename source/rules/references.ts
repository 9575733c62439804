import {HolmError} from '../engine/errors.js';

type Named = {readonly id: string; readonly name: string};

const shown = (text: string) => JSON.stringify(text.slice(0, 200)).slice(1, -1);

/** What begins with `reference`, when that is one thing. Undefined when nothing does; throws `invalid` when several do. */
const byPrefix = <Item extends Named>(items: Iterable<Item>, reference: string): Item | undefined => {
	if (!/^[\da-f]{1,64}$/v.test(reference)) {
		return undefined;
	}

	let found: Item | undefined;
	for (const item of items) {
		if (!item.id.startsWith(reference)) {
			continue;
		}

		if (found) {
			throw new HolmError('invalid', `Multiple IDs found with provided prefix: ${reference}`, {remedy: 'give more digits of the id, or the name'});
		}

		found = item;
	}

	return found;
};

const find = <Item extends Named>(items: ReadonlyMap<string, Item>, reference: string): Item | undefined =>
	items.get(reference) ?? items.values().find(({name}) => name === reference) ?? byPrefix(items.values(), reference);

/** The container that a user means: its id, else its name, else the beginning of one id. Throws `not-found`, and `invalid` for the beginning of several. */
export const findContainer = <Item extends Named>(containers: ReadonlyMap<string, Item>, reference: string): Item => {
	const container = find(containers, reference.replace(/^\//v, ''));
	if (!container) {
		throw new HolmError('not-found', `No such container: ${shown(reference)}`, {remedy: 'holm ps --all lists what there is'});
	}

	return container;
};

/** The network that a user means, as for containers; `default` is another word for `bridge`. */
export const findNetwork = <Item extends Named>(networks: ReadonlyMap<string, Item>, reference: string): Item => {
	const network = find(networks, reference) ?? (reference === 'default' ? find(networks, 'bridge') : undefined);
	if (!network) {
		throw new HolmError('not-found', `network ${shown(reference)} not found`, {remedy: 'holm network ls lists what there is'});
	}

	return network;
};

/** The volume of that name; throws `not-found`. */
export const findVolume = <Item>(volumes: ReadonlyMap<string, Item>, name: string): Item => {
	const volume = volumes.get(name);
	if (!volume) {
		throw new HolmError('not-found', `get ${shown(name)}: no such volume`, {remedy: 'holm volume ls lists what there is'});
	}

	return volume;
};
