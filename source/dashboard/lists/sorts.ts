import type {SortColumn} from '../state/list-state.js';

/** Lists that sort. */
export type SortedList = 'containers' | 'networks' | 'images' | 'volumes' | 'dns' | 'events';

/** The columns that each list can be sorted by, from left to right. */
export const sortColumns: Readonly<Record<SortedList, readonly SortColumn[]>> = {
	containers: [
		{key: 'name', letter: 'n', title: 'name'},
		{key: 'state', letter: 's', title: 'state'},
		{key: 'image', letter: 'i', title: 'image'},
		{key: 'network', letter: 'a', title: 'address'},
		{key: 'ports', letter: 'p', title: 'ports'},
		{key: 'restarts', letter: 'r', title: 'restarts', isLargestFirst: true},
		{key: 'uptime', letter: 'u', title: 'uptime'},
		{key: 'host', letter: 'h', title: 'host memory', isLargestFirst: true},
		{key: 'memory', letter: 'm', title: 'memory', isLargestFirst: true},
		{key: 'share', letter: 'l', title: 'memory of its limit', isLargestFirst: true},
		{key: 'cpu', letter: 'c', title: 'CPU', isLargestFirst: true},
	],
	networks: [
		{key: 'name', letter: 'n', title: 'name'},
		{key: 'subnet', letter: 's', title: 'subnet'},
		{key: 'gateway', letter: 'g', title: 'gateway'},
		{key: 'leases', letter: 'l', title: 'leases', isLargestFirst: true},
		{key: 'kind', letter: 'k', title: 'kind'},
	],
	images: [
		{key: 'name', letter: 'n', title: 'name'},
		{key: 'id', letter: 'i', title: 'id'},
		{key: 'size', letter: 's', title: 'size', isLargestFirst: true},
		{key: 'created', letter: 'a', title: 'age'},
		{key: 'arch', letter: 'r', title: 'architecture'},
		{key: 'used', letter: 'u', title: 'use', isLargestFirst: true},
	],
	volumes: [
		{key: 'name', letter: 'n', title: 'name'},
		{key: 'kind', letter: 'k', title: 'kind'},
		{key: 'created', letter: 'a', title: 'age'},
		{key: 'used', letter: 'u', title: 'users'},
	],
	dns: [
		{key: 'network', letter: 'w', title: 'network'},
		{key: 'name', letter: 'n', title: 'name'},
		{key: 'type', letter: 't', title: 'type'},
		{key: 'value', letter: 'v', title: 'value'},
		{key: 'ttl', letter: 'l', title: 'TTL'},
		{key: 'owner', letter: 'o', title: 'owner'},
	],
	events: [],
};

/** The value of an item in a column; undefined if it has none. */
export type Rank<Item> = (item: Item) => string | number | undefined;

// Digits in names count as numbers: web-2 is before web-10.
const collator = new Intl.Collator('en', {numeric: true});

const compare = (first: string | number | undefined, second: string | number | undefined, direction: 1 | -1): number => {
	if (first === undefined || second === undefined) {
		// Whatever the direction, what has no value is last.
		return Number(first === undefined) - Number(second === undefined);
	}

	return direction * (typeof first === 'number' && typeof second === 'number' ? first - second : collator.compare(String(first), String(second)));
};

/** Items in the order of a column; the same array without one. */
export const sortedBy = <Item>(items: readonly Item[], rank: Rank<Item> | undefined, isDescending: boolean): readonly Item[] => {
	if (!rank) {
		return items;
	}

	const ranked = items.map(item => {
		const value = rank(item);
		return {item, value: Number.isNaN(value) ? undefined : value};
	});
	return ranked.toSorted((a, b) => compare(a.value, b.value, isDescending ? -1 : 1)).map(({item}) => item);
};
