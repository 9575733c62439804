import type {BuildStep} from '../../engine/builder.js';
import type {Snapshot} from '../../engine/snapshot.js';
import type {Container, EngineEvent, Image, Network, Volume} from '../../engine/resources.js';
import {builderRow, type ContainerRow} from '../builder/builder-row.js';
import {containerRank, usageColumns} from '../containers/rows.js';
import {
	containerFields,
	eventFields,
	imageFields,
	networkFields,
	networkKind,
	prefixesOf,
	recordFields,
	recordOwner,
	volumeFields,
	volumeKind,
	type EventRow,
} from '../lists/fields.js';
import {groupRows, projectOf, type ListedRow, type Project} from '../lists/projects.js';
import {findIn, parseQuery, type Field, type Found} from '../lists/query.js';
import {sortedBy, type Rank} from '../lists/sorts.js';
import type {Marks} from '../lists/titles.js';
import {imageName, volumeUsers} from '../work/plan.js';
import {endsOf} from '../views/event-ends.js';
import type {RecordRow} from '../views/records.js';
import {cursorOf, selectedOf, type ListState} from './list-state.js';
import {lastResult} from './memo.js';
import type {ResourceUsage} from './resource-usage.js';
import type {StoreState} from './store.js';
import {numberOf} from './subnets.js';
import type {ListName, UiState} from './ui-state.js';

type Lists = {
	/** In the order of the list. The builder, if there is one, is the last. Those of folded projects are among them. */
	readonly containers: readonly ContainerRow[];
	readonly networks: readonly Network[];
	readonly images: readonly Image[];
	readonly volumes: readonly Volume[];
	readonly dns: readonly RecordRow[];
	readonly events: readonly EventRow[];
};

/** What a filter found, by the id of the item; empty without a filter. */
export type FoundById = ReadonlyMap<string, readonly Found[]>;

/** The items of each list, filtered and sorted; the same arrays as long as nothing changed. */
export type ListItems = Lists & {
	/** The rows of the list of containers: with headings of projects, without what is folded. */
	readonly rows: readonly ListedRow[];
	/** The items without the filter, in the engine's order. */
	readonly all: Lists;
	readonly found: Readonly<Record<ListName, FoundById>>;
};

const nothing: Pick<Snapshot, 'containers' | 'networks' | 'images' | 'volumes'> = {containers: [], networks: [], images: [], volumes: []};

type Identified = {readonly id?: string; readonly name?: string};

const idOf = (item: Identified): string => item.id ?? item.name ?? '';

type Kept<Item> = {readonly items: readonly Item[]; readonly found: FoundById};

const noneFound: FoundById = new Map();

/** The items that pass a filter. */
const keep = <Item extends Identified>(items: readonly Item[], filter: string, fields: ReadonlyArray<Field<Item>>): Kept<Item> => {
	const terms = parseQuery(filter, fields);
	if (terms.length === 0) {
		return {items, found: noneFound};
	}

	const passed = items.flatMap(item => {
		const found = findIn(item, terms, fields);
		return found ? [{item, found}] : [];
	});
	return {items: passed.map(({item}) => item), found: new Map(passed.map(({item, found}) => [idOf(item), found]))};
};

type Ranks<Item> = Readonly<Record<string, Rank<Item>>>;

const rankIn = <Item>(ranks: Ranks<Item>, key: string | undefined): Rank<Item> | undefined =>
	key !== undefined && Object.hasOwn(ranks, key) ? ranks[key] : undefined;

const timeRank = (time: number) => time === 0 ? undefined : -time;

const subnetRank = (subnet: string) => numberOf(subnet.split('/', 1)[0]!);

const networkRanks: Ranks<Network> = {
	name: ({name}) => name,
	subnet: ({subnet}) => subnetRank(subnet),
	gateway: ({gateway}) => numberOf(gateway),
	leases: ({leases}) => leases.length,
	kind: network => networkKind(network),
};

const imageRanks = ({containers}: Pick<Snapshot, 'containers'>): Ranks<Image> => ({
	name: image => imageName(image),
	id: ({id}) => id,
	size: ({sizeBytes}) => sizeBytes,
	created: ({createdAt}) => timeRank(createdAt),
	arch: ({architecture}) => architecture,
	used: ({id}) => containers.filter(({imageId}) => imageId === id).length,
});

const volumeRanks = (snapshot: Pick<Snapshot, 'containers'>): Ranks<Volume> => ({
	name: ({name}) => name,
	kind: volume => volumeKind(volume),
	created: ({createdAt}) => timeRank(createdAt),
	used: volume => volumeUsers(volume, snapshot)[0],
});

const recordRanks = ({containers}: Pick<Snapshot, 'containers'>): Ranks<RecordRow> => ({
	name: ({record}) => record.name,
	type: ({record}) => record.type,
	value: ({record}) => record.type === 'A' ? numberOf(record.value) : record.value,
	network: ({network}) => network,
	ttl: ({record}) => record.ttlSeconds,
	owner: row => recordOwner(row, containers),
});

type Order = Pick<ListState, 'filter' | 'sort' | 'isDescending'>;

/** Filters and sorts a list again only when its items, its filter or its order changed. */
const createList = <Item extends Identified, Source>(
	fieldsOf: (source: Source) => ReadonlyArray<Field<Item>>,
	ranksOf: (source: Source) => Ranks<Item>,
) => {
	const kept = lastResult((all: readonly Item[], source: Source, filter: string): Kept<Item> => keep(all, filter, fieldsOf(source)));
	const ordered = lastResult(({items, found}: Kept<Item>, source: Source, sort: string | undefined, isDescending: boolean): Kept<Item> =>
		({items: sortedBy(items, rankIn(ranksOf(source), sort), isDescending), found}));
	return (all: readonly Item[], source: Source, {filter, sort, isDescending}: Order) =>
		ordered(kept(all, source, filter), source, sort, isDescending);
};

const noUsage: Readonly<Record<string, ResourceUsage>> = {};
const noRecords: readonly RecordRow[] = [];
const noFolds: ReadonlySet<string> = new Set();

const createContainers = () => {
	const builderOf = lastResult((builder: Snapshot['builder'], steps: readonly BuildStep[] | undefined, areStoppedShown: boolean): ContainerRow | undefined =>
		builder && (areStoppedShown || builder.status.state === 'running') ? builderRow(builder, steps) : undefined);
	const filtered = lastResult((
		containers: readonly Container[],
		builder: ContainerRow | undefined,
		filter: string,
		areStoppedShown: boolean,
	): Kept<ContainerRow> => {
		const listed = areStoppedShown ? containers : containers.filter(({status: {state}}) => state !== 'exited');
		return keep<ContainerRow>(builder ? [...listed, builder] : listed, filter, containerFields);
	});
	const ordered = lastResult((
		{items}: Kept<ContainerRow>,
		usage: Readonly<Record<string, ResourceUsage>>,
		sort: string | undefined,
		isDescending: boolean,
	): readonly ContainerRow[] => {
		const last = items.at(-1)?.builder ? items.slice(-1) : [];
		return [...sortedBy(last.length === 0 ? items : items.slice(0, -1), containerRank(sort, usage), isDescending), ...last];
	});
	const grouped = lastResult((containers: readonly ContainerRow[], all: readonly Container[], folded: ReadonlySet<string>) => {
		const rows = groupRows(containers, all, folded);
		return {
			rows,
			containers: rows.flatMap(row => row.type === 'project' ? row.project.containers : (row.isInProject ? [] : [row.container])),
		};
	});
	/** A fold hides nothing that the cursor is on: what opened it from elsewhere wants to see it. */
	const foldedNow = lastResult((folded: ReadonlySet<string>, all: readonly Container[], selectedId: string | undefined) => {
		const selected = folded.size === 0 ? undefined : all.find(({id}) => id === selectedId);
		const project = selected && projectOf(selected);
		return project !== undefined && folded.has(project) ? new Set([...folded].filter(name => name !== project)) : folded;
	});
	return (
		{snapshot = nothing as Snapshot, usage, steps}: Pick<StoreState, 'snapshot' | 'usage' | 'steps'>,
		{lists: {containers: {filter, sort, isDescending, selectedId}}, areStoppedShown, folded}: Pick<UiState, 'lists' | 'areStoppedShown' | 'folded'>,
	) => {
		const kept = filtered(snapshot.containers, builderOf(snapshot.builder, steps, areStoppedShown), filter, areStoppedShown);
		// Only some orders depend on the usage.
		const isUsageNeeded = sort !== undefined && usageColumns.has(sort);
		// Nor does it hide what a filter finds.
		const folds = kept.found.size === 0 ? foldedNow(folded, snapshot.containers, selectedId) : noFolds;
		return {...grouped(ordered(kept, isUsageNeeded ? usage : noUsage, sort, isDescending), snapshot.containers, folds), found: kept.found};
	};
};

/** Creates a memoized selector of the list items; create it once. */
export const createItemsSelector = (): ((store: StoreState, ui: UiState) => ListItems) => {
	const containers = createContainers();
	const networks = createList<Network, undefined>(() => networkFields, () => networkRanks);
	const images = createList(imageFields, imageRanks);
	const volumes = createList(volumeFields, volumeRanks);
	const dns = createList(recordFields, recordRanks);
	const events = createList<EventRow, undefined>(() => eventFields, () => ({}));
	const eventRows = lastResult((all: readonly EngineEvent[]): readonly EventRow[] => {
		const ends = endsOf(all);
		return all.map(event => ({
			id: `${event.time} ${event.type} ${event.action} ${event.id} ${event.attributes.container ?? event.attributes.address ?? ''}`,
			event,
			end: ends.get(event),
		})).toReversed();
	});
	const noEvents: readonly EventRow[] = [];
	const itemsOfAll = lastResult((snapshot: Snapshot, records: readonly RecordRow[], rows: readonly EventRow[]): Lists => ({
		containers: snapshot.containers,
		networks: snapshot.networks,
		images: snapshot.images,
		volumes: snapshot.volumes,
		dns: records,
		events: rows,
	}));
	const foundOfAll = lastResult((...parts: readonly [FoundById, FoundById, FoundById, FoundById, FoundById, FoundById]): ListItems['found'] =>
		({containers: parts[0], networks: parts[1], images: parts[2], volumes: parts[3], dns: parts[4], events: parts[5]}));
	const together = lastResult((
		all: Lists,
		found: ListItems['found'],
		rows: ListItems['rows'],
		...parts: readonly [Lists['containers'], Lists['networks'], Lists['images'], Lists['volumes'], Lists['dns'], Lists['events']]
	): ListItems => ({
		containers: parts[0], networks: parts[1], images: parts[2], volumes: parts[3], dns: parts[4], events: parts[5], rows, all, found,
	}));
	return (store, ui) => {
		const {lists, records = noRecords, view} = ui;
		const snapshot = store.snapshot ?? nothing as Snapshot;
		const all = itemsOfAll(snapshot, records, view === 'events' ? eventRows(store.events) : noEvents);
		const kept = {
			containers: containers(store, ui),
			networks: networks(all.networks, undefined, lists.networks),
			images: images(all.images, snapshot, lists.images),
			volumes: volumes(all.volumes, snapshot, lists.volumes),
			dns: dns(all.dns, snapshot, lists.dns),
			events: events(all.events, undefined, lists.events),
		};
		const {containers: {found: first}} = kept;
		const found = foundOfAll(first, kept.networks.found, kept.images.found, kept.volumes.found, kept.dns.found, kept.events.found);
		return together(
			all,
			found,
			kept.containers.rows,
			kept.containers.containers,
			kept.networks.items,
			kept.images.items,
			kept.volumes.items,
			kept.dns.items,
			kept.events.items,
		);
	};
};

/** The prefixes that a filter of a list knows. */
export const filterPrefixes: Readonly<Record<ListName, readonly string[]>> = {
	containers: prefixesOf(containerFields),
	networks: prefixesOf(networkFields),
	images: prefixesOf(imageFields(nothing)),
	volumes: prefixesOf(volumeFields(nothing)),
	dns: prefixesOf(recordFields(nothing)),
	events: prefixesOf(eventFields),
};

/** The number of items of a list, without the builder. */
export const countOf = (lists: Lists, list: ListName): number =>
	list === 'containers' ? lists.containers.filter(({builder}) => !builder).length : lists[list].length;

const itemsOf = <Name extends ListName>(lists: Lists, list: Name) => lists[list] as ReadonlyArray<Lists[Name][number] & Identified>;

/** Ids of a list's rows, in order; headings of projects are among them. */
export const idsOf = (listItems: ListItems, list: ListName): readonly string[] =>
	list === 'containers' ? listItems.rows.map(({id}) => id) : itemsOf(listItems, list).map(item => idOf(item));

/** Ids of the items that can be marked: the builder cannot, so that no action on many containers takes it. */
export const markableIdsOf = (listItems: ListItems, list: ListName): readonly string[] =>
	list === 'containers' ? listItems.containers.filter(({builder}) => !builder).map(({id}) => id) : idsOf(listItems, list);

const rowUnderCursor = ({rows}: ListItems, {lists}: UiState): ListedRow | undefined =>
	rows[cursorOf(lists.containers, rows.map(({id}) => id))];

/** The project whose heading is under the cursor of the containers. */
export const selectedProject = (listItems: ListItems, ui: UiState): Project | undefined => {
	const row = rowUnderCursor(listItems, ui);
	return row?.type === 'project' ? row.project : undefined;
};

/** Ids of the containers of a row: those of a project for its heading. */
export const membersOf = ({rows}: ListItems, id: string): readonly string[] => {
	const row = rows.find(candidate => candidate.id === id);
	return row?.type === 'project' ? row.project.containers.map(container => container.id) : [id];
};

/** The item under the cursor of a list; undefined on the heading of a project. */
export const selectedIn = <Name extends ListName>(listItems: ListItems, ui: UiState, list: Name): Lists[Name][number] | undefined => {
	if (list === 'containers') {
		const row = rowUnderCursor(listItems, ui);
		return (row?.type === 'container' ? row.container : undefined);
	}

	const id = selectedOf(ui.lists[list], idsOf(listItems, list));
	return itemsOf(listItems, list).find(item => idOf(item) === id);
};

/** The items under the cursor: all containers of a project on its heading. */
export const underCursor = <Name extends ListName>(listItems: ListItems, ui: UiState, list: Name): ReadonlyArray<Lists[Name][number]> => {
	const project = list === 'containers' ? selectedProject(listItems, ui) : undefined;
	if (project) {
		return project.containers;
	}

	const item = selectedIn(listItems, ui, list);
	return item === undefined ? [] : [item];
};

/** The marks of a list on items that still exist. */
export const marksIn = (listItems: ListItems, {marks}: Pick<ListState, 'marks'>, list: ListName): Marks => {
	if (marks.size === 0) {
		return {shown: [], hidden: []};
	}

	const listed = itemsOf(listItems, list).map(item => idOf(item));
	const ids = new Set(listed);
	return {
		shown: listed.filter(id => marks.has(id)),
		hidden: itemsOf(listItems.all, list).map(item => idOf(item)).filter(id => marks.has(id) && !ids.has(id)),
	};
};

/** The marked items of the list, or else those under the cursor. If all marks are hidden there are none: what is under the cursor is not meant then. */
export const targetsIn = <Name extends ListName>(listItems: ListItems, ui: UiState, list: Name): ReadonlyArray<Lists[Name][number]> => {
	const {shown, hidden} = marksIn(listItems, ui.lists[list], list);
	if (shown.length === 0) {
		return hidden.length === 0 ? underCursor(listItems, ui, list) : [];
	}

	const ids = new Set(shown);
	return itemsOf(listItems, list).filter(item => ids.has(idOf(item)));
};
