import {HolmError} from '../engine/errors.js';

type Named = {readonly id: string; readonly name: string};

/** Items by id, such as a map. */
export type ById<Item> = {readonly get: (id: string) => Item | undefined; readonly values: () => IteratorObject<Item>};

const shown = (text: string) => JSON.stringify(text.slice(0, 200)).slice(1, -1);

/** The item with this id, else the one with this name, else all whose id begins with `reference`. */
const matching = <Item extends Named>(items: ById<Item>, reference: string): readonly Item[] => {
	const exact = items.get(reference) ?? items.values().find(({name}) => name === reference);
	if (exact) {
		return [exact];
	}

	return /^[\da-f]{1,64}$/v.test(reference) ? items.values().filter(({id}) => id.startsWith(reference)).toArray() : [];
};

/** Finds a container by id, else name, else id prefix. Throws `not-found`, and `invalid` for an ambiguous prefix. */
export const findContainer = <Item extends Named>(containers: ById<Item>, reference: string): Item => {
	const [container, ...others] = matching(containers, reference.replace(/^\//v, ''));
	if (!container) {
		throw new HolmError('not-found', `No such container: ${shown(reference)}`, {remedy: 'holm ps -a lists them'});
	}

	if (others.length > 0) {
		throw new HolmError('invalid', `Multiple IDs found with provided prefix: ${shown(reference)}`, {remedy: 'give more digits of the id, or the name'});
	}

	return container;
};

/** Finds a network like a container; `default` is an alias of `bridge`. */
export const findNetwork = <Item extends Named>(networks: ById<Item>, reference: string): Item => {
	const matches = matching(networks, reference === 'default' ? 'bridge' : reference);
	if (!matches[0]) {
		throw new HolmError('not-found', `network ${shown(reference)} not found`, {remedy: 'holm network ls lists them'});
	}

	if (matches.length > 1) {
		throw new HolmError('invalid', `network ${shown(reference)} is ambiguous (${matches.length} matches found)`, {remedy: 'give more digits of the id, or the name'});
	}

	return matches[0];
};

/** Finds a volume by name; throws `not-found`. */
export const findVolume = <Item>(volumes: ReadonlyMap<string, Item>, name: string): Item => {
	const volume = volumes.get(name);
	if (!volume) {
		throw new HolmError('not-found', `get ${shown(name)}: no such volume`, {remedy: 'holm volume ls lists them'});
	}

	return volume;
};
