import type {Snapshot} from '../../engine/snapshot.js';
import type {EngineEvent, Image, Network, Volume} from '../../engine/resources.js';
import type {ContainerRow} from '../builder/builder-row.js';
import {visibleBuilder, visibleContainers} from '../containers/rows.js';
import {imageName} from '../work/plan.js';
import {endsOf, endWords, type EventEnd} from '../views/event-ends.js';
import type {RecordRow} from '../views/records.js';
import {selectedOf, targetsOf} from './list-state.js';
import {lastResult} from './memo.js';
import type {StoreState} from './store.js';
import type {ListName, UiState} from './ui-state.js';

/** `end` is what is known of the end of a container. */
export type EventRow = {readonly id: string; readonly event: EngineEvent; readonly end?: EventEnd};

/** The items of each list, filtered and sorted; the same arrays as long as nothing changed. */
export type ListItems = {
	/** The builder, if there is one, is the last. */
	readonly containers: readonly ContainerRow[];
	readonly networks: readonly Network[];
	readonly images: readonly Image[];
	readonly volumes: readonly Volume[];
	readonly dns: readonly RecordRow[];
	readonly events: readonly EventRow[];
};

const nothing: Pick<Snapshot, 'containers' | 'networks' | 'images' | 'volumes'> = {containers: [], networks: [], images: [], volumes: []};

type SortKey<Item> = (item: Item) => string | number;

const keep = <Item>(items: readonly Item[], filter: string, words: (item: Item) => readonly string[]): readonly Item[] =>
	filter === '' ? items : items.filter(item => words(item).some(word => word.toLowerCase().includes(filter)));

const sorted = <Item>(items: readonly Item[], isDescending: boolean, key: SortKey<Item> | undefined): readonly Item[] => {
	if (!key) {
		return items;
	}

	const direction = isDescending ? -1 : 1;
	return items.toSorted((a, b) => {
		const [first, second] = [key(a), key(b)];
		return direction * (typeof first === 'number' ? first - (second as number) : first.localeCompare(second as string));
	});
};

/** Columns that each list can be sorted by. */
export const sortColumns: Readonly<Record<ListName, readonly string[]>> = {
	containers: ['name', 'state', 'image', 'network', 'cpu', 'memory', 'host', 'uptime'],
	networks: ['name', 'subnet', 'leases'],
	images: ['name', 'size', 'created'],
	volumes: ['name', 'created'],
	dns: ['name', 'value', 'network'],
	events: [],
};

type SortKeys<Item> = Readonly<Record<string, SortKey<Item>>>;

const networkKeys: SortKeys<Network> = {name: ({name}) => name, subnet: ({subnet}) => subnet, leases: ({leases}) => leases.length};
const imageKeys: SortKeys<Image> = {name: imageName, size: ({sizeBytes}) => sizeBytes, created: ({createdAt}) => createdAt};
const volumeKeys: SortKeys<Volume> = {name: ({name}) => name, created: ({createdAt}) => createdAt};
const recordKeys: SortKeys<RecordRow> = {
	name: ({record}) => record.name,
	value: ({record}) => record.value,
	network: ({network}) => network,
};

type ListParts = readonly [
	ListItems['containers'],
	ListItems['networks'],
	ListItems['images'],
	ListItems['volumes'],
	ListItems['dns'],
	ListItems['events'],
];

/** Creates a memoized selector of the list items; create it once. */
export const createItemsSelector = (): ((store: StoreState, ui: UiState) => ListItems) => {
	const containers = lastResult(visibleContainers);
	const builderOf = lastResult(visibleBuilder);
	const withBuilder = lastResult((rows: readonly ContainerRow[], last: ContainerRow | undefined) => last ? [...rows, last] : rows);
	const networks = lastResult((all: readonly Network[], {filter, sort, isDescending}: UiState['lists']['networks']) =>
		sorted(keep(all, filter, ({name, subnet}) => [name, subnet]), isDescending, networkKeys[sort ?? '']));
	const images = lastResult((all: readonly Image[], {filter, sort, isDescending}: UiState['lists']['images']) =>
		sorted(keep(all, filter, ({tags, id}) => [...tags, id]), isDescending, imageKeys[sort ?? '']));
	const volumes = lastResult((all: readonly Volume[], {filter, sort, isDescending}: UiState['lists']['volumes']) =>
		sorted(keep(all, filter, ({name}) => [name]), isDescending, volumeKeys[sort ?? '']));
	const dns = lastResult((all: readonly RecordRow[], {filter, sort, isDescending}: UiState['lists']['dns']) =>
		sorted(keep(all, filter, ({record, network}) => [record.name, record.value, network]), isDescending, recordKeys[sort ?? '']));
	const eventRows = lastResult((all: readonly EngineEvent[]): readonly EventRow[] => {
		const ends = endsOf(all);
		return all.map(event => ({
			id: `${event.time} ${event.type} ${event.action} ${event.id} ${event.attributes.container ?? event.attributes.address ?? ''}`,
			event,
			end: ends.get(event),
		})).toReversed();
	});
	const events = lastResult((all: readonly EngineEvent[], filter: string) => keep(
		eventRows(all),
		filter,
		({event, end}) => [event.type, event.action, event.attributes.name ?? '', event.id, end ? endWords(end) : ''],
	));
	const none: Readonly<Record<string, never>> = {};
	const noRecords: readonly RecordRow[] = [];
	const together = lastResult((...parts: ListParts): ListItems =>
		({containers: parts[0], networks: parts[1], images: parts[2], volumes: parts[3], dns: parts[4], events: parts[5]}));
	return ({snapshot = nothing as Snapshot, usage, steps, events: allEvents}, {lists, areStoppedShown, records, view}) => together(
		// Only these sort orders depend on the usage.
		withBuilder(
			containers(snapshot.containers, ['cpu', 'memory', 'host'].includes(lists.containers.sort ?? '') ? usage : none, lists.containers, areStoppedShown),
			builderOf(snapshot.builder, steps, lists.containers, areStoppedShown),
		),
		networks(snapshot.networks, lists.networks),
		images(snapshot.images, lists.images),
		volumes(snapshot.volumes, lists.volumes),
		dns(records ?? noRecords, lists.dns),
		view === 'events' ? events(allEvents, lists.events.filter) : [],
	);
};

type Identified = {readonly id?: string; readonly name?: string};

const idOf = (item: Identified): string => item.id ?? item.name ?? '';

const itemsOf = <Name extends ListName>(listItems: ListItems, list: Name) =>
	listItems[list] as ReadonlyArray<ListItems[Name][number] & Identified>;

/** Ids of a list's items, in order. */
export const idsOf = (listItems: ListItems, list: ListName): readonly string[] => itemsOf(listItems, list).map(item => idOf(item));

/** Ids of the items that can be marked: the builder cannot, so that no action on many containers takes it. */
export const markableIdsOf = (listItems: ListItems, list: ListName): readonly string[] =>
	list === 'containers' ? listItems.containers.filter(({builder}) => !builder).map(({id}) => id) : idsOf(listItems, list);

/** The item under the cursor of a list. */
export const selectedIn = <Name extends ListName>(listItems: ListItems, ui: UiState, list: Name): ListItems[Name][number] | undefined => {
	const id = selectedOf(ui.lists[list], idsOf(listItems, list));
	return itemsOf(listItems, list).find(item => idOf(item) === id);
};

/** The marked items, or else the one under the cursor. */
export const targetsIn = <Name extends ListName>(listItems: ListItems, ui: UiState, list: Name): ReadonlyArray<ListItems[Name][number]> => {
	const ids = new Set(targetsOf(ui.lists[list], idsOf(listItems, list)));
	return itemsOf(listItems, list).filter(item => ids.has(idOf(item)));
};
