import {isBuilding} from '../builder/builder-row.js';
import {stateRole} from '../containers/rows.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {clean} from '../../text/fit.js';
import {shortBytes} from '../../text/measures.js';
import {widthOf} from '../../text/width.js';
import {demoHost} from '../state/known-engines.js';
import type {ListItems} from '../state/list-items.js';
import {lastResult} from '../state/memo.js';
import {crumbsOf, viewTitles} from '../state/places.js';
import type {StoreState} from '../state/store.js';
import {overlapping} from '../state/subnets.js';
import type {UiState} from '../state/ui-state.js';
import type {RecordRow} from '../views/records.js';
import {barOf, item, prose, widthOfItems, type Bar, type Item} from './bar-items.js';
import {headerRows} from './layout.js';
import type {Theme} from './theme.js';

/** What a click on the header leads to: a tab, or the place at this depth of the way. */
export type HeaderTarget = {readonly action: string} | {readonly depth: number};

export type Tab = {
	readonly number: number;
	readonly action: string;
	readonly title: string;
	readonly short: string;
	/** Its items; undefined for a view without a count. */
	readonly count?: number;
	/** Those that failed or are unhealthy. */
	readonly failed: number;
};

type Failures = Readonly<Record<'containers' | 'networks', number>>;

const failuresOf = lastResult(({containers, networks}: Snapshot): Failures => ({
	containers: containers.filter(container => stateRole(container) === 'bad').length,
	networks: networks.filter(({id, subnet}) => overlapping(subnet, networks.filter(other => other.id !== id))).length,
}));

const staleOf = lastResult((records: readonly RecordRow[]) => records.filter(({isStale}) => isStale).length);

/** The tabs with their counts, as `1` to `9` open them. */
export const tabsOf = ({snapshot}: Pick<StoreState, 'snapshot'>, records: readonly RecordRow[] | undefined): readonly Tab[] => {
	const failures = snapshot && failuresOf(snapshot);
	const tab = (number: number, name: string, short: string, {count, failed = 0, title = `${name[0]!.toUpperCase()}${name.slice(1)}`}: {readonly count?: number; readonly failed?: number; readonly title?: string} = {}): Tab =>
		({number, action: `global.${name}`, title, short, count, failed});
	return [
		tab(1, 'containers', 'Cont', {count: snapshot?.containers.length, failed: failures?.containers}),
		tab(2, 'networks', 'Net', {count: snapshot?.networks.length, failed: failures?.networks}),
		tab(3, 'logs', 'Logs'),
		tab(4, 'images', 'Img', {count: snapshot?.images.length}),
		tab(5, 'volumes', 'Vol', {count: snapshot?.volumes.length}),
		tab(6, 'dns', 'DNS', {title: viewTitles.dns, count: records?.length, failed: records && staleOf(records)}),
		tab(7, 'events', 'Events'),
		tab(8, 'topology', 'Topo'),
		tab(9, 'machine', 'Mach'),
	];
};

type Shape = 'titles' | 'tight' | 'short' | 'numbers';

// From the widest to the narrowest.
const shapes: readonly Shape[] = ['titles', 'tight', 'short', 'numbers'];

/** The text of a tab; what failed is a number, too, for terminals without colours. */
const tabText = ({number, title, short, count, failed}: Tab, shape: Shape, isCurrent: boolean): string => {
	const failures = failed > 0 ? `${shape === 'numbers' && !isCurrent ? '' : ' '}!${failed}` : '';
	if (shape === 'numbers' && !isCurrent) {
		return `${number}${failures}`;
	}

	return `${number} ${shape === 'titles' || shape === 'tight' ? title : short}${count === undefined ? '' : ` ${count}`}${failures}`;
};

const currentRole = 'selected';

const tabItems = (tabs: readonly Tab[], current: number, shape: Shape): ReadonlyArray<Item<HeaderTarget>> => tabs.map(tab => {
	const isCurrent = tab.number === current;
	const role = isCurrent ? currentRole : (tab.failed > 0 ? 'bad' : 'dim');
	const gap = shape === 'titles' ? ' ' : '';
	// A failed tab stays red where one is.
	const text = tabText(tab, shape, isCurrent);
	const at = tab.failed > 0 && isCurrent ? text.lastIndexOf(' ') + 1 : text.length;
	return {
		segments: [
			['text', gap],
			[role, isCurrent ? ` ${text.slice(0, at)}` : (shape === 'numbers' ? text : ` ${text}`)],
			['bad', text.slice(at)],
			[isCurrent ? role : 'text', shape === 'numbers' || isCurrent ? ' ' : ''],
		],
		target: {action: tab.action},
	};
});

/** The widest shape of the tabs that fits. */
const fittingTabs = (tabs: readonly Tab[], current: number, width: number): ReadonlyArray<Item<HeaderTarget>> => {
	const all = shapes.map(shape => tabItems(tabs, current, shape));
	return all.find(items => widthOfItems(items) <= width) ?? all.at(-1)!;
};

/** The number of the tab that a place belongs to: details belong to what they were opened from. */
export const currentTab = (ui: Pick<UiState, 'view' | 'focus' | 'places'>): number => {
	const {view, focus, places} = ui;
	switch (view) {
		case 'main': {
			return ['containers', 'networks', 'logs'].indexOf(focus) + 1;
		}

		case 'addresses': {
			return 2;
		}

		case 'inspect': {
			const before = places.at(-1);
			return before ? currentTab({...before, places: places.slice(0, -1)}) : 1;
		}

		case 'activity': {
			return 0;
		}

		case 'images':
		case 'volumes':
		case 'dns':
		case 'events':
		case 'topology':
		case 'machine': {
			return ['images', 'volumes', 'dns', 'events', 'topology', 'machine'].indexOf(view) + 4;
		}
	}
};

type Crumb = {readonly text: string; readonly depth: number};

/** The way to the current place, without a name that comes twice in a row. */
export const wayOf = (ui: UiState, items: ListItems): readonly Crumb[] => {
	const all = [...ui.places.map(({crumbs}) => crumbs), crumbsOf(ui, items)].flatMap((crumbs, depth) => crumbs.map(text => ({text, depth})));
	return all.filter(({text}, index) => text !== all[index - 1]?.text);
};

/** The last crumbs that fit; clicks on all but the last lead back. */
const crumbItems = (way: readonly Crumb[], depth: number, width: number, {glyphs}: Theme): ReadonlyArray<Item<HeaderTarget>> => {
	const separator = ` ${glyphs.next} `;
	let first = way.length;
	let left = width - 2 - widthOf(glyphs.ellipsis) - widthOf(separator);
	while (first > 0 && widthOf(way[first - 1]!.text) + widthOf(separator) <= left) {
		first--;
		left -= widthOf(way[first]!.text) + widthOf(separator);
	}

	if (first === way.length) {
		return [];
	}

	return [
		item(['dim', `  ${first > 0 ? `${glyphs.ellipsis}${separator}` : ''}`]),
		...way.slice(first).flatMap(({text, depth: at}, index): ReadonlyArray<Item<HeaderTarget>> => [
			...(index > 0 ? [item(['dim', separator])] : []),
			at === depth ? item(['title', text]) : {segments: [['accent', text]], target: {depth: at}},
		]),
		item(['text', ' ']),
	];
};

const timeOf = (time: number): string => new Date(time).toISOString().slice(11, 19);

/** Of an engine over SSH. */
const roundTripOf = ({roundTripMs}: StoreState): string => roundTripMs === undefined ? '' : ` ${Math.max(Math.round(roundTripMs), 1)} ms away`;

const connectionItem = (state: StoreState): Item => {
	const {connection} = state;
	switch (connection.state) {
		case 'connecting': {
			return prose('warning', ` connecting… ${clean(connection.step ?? '')}`);
		}

		case 'connected': {
			return item(['good', ' connected'], ['dim', roundTripOf(state)]);
		}

		case 'lost': {
			return prose('bad', ` LOST since ${timeOf(connection.since)} UTC, reconnecting: ${clean(connection.reason)}${connection.remedy === undefined ? '' : ` (${clean(connection.remedy)})`}`);
		}
	}
};

export type HeaderSource = {
	readonly store: StoreState;
	readonly ui: UiState;
	readonly items: ListItems;
	readonly isReadOnly: boolean;
	readonly theme: Theme;
};

type Size = {readonly columns: number; readonly rows: number};

/**
The header: engine, connection and the way to this place, with the tabs below. A low terminal has one row for both: the connection only if it is lost, the way only away from the first screen. What does not fit goes in this order: the host, the count of running containers, the first crumbs, the titles of the tabs.
*/
export const headerBars = (source: HeaderSource, {columns, rows}: Size): ReadonlyArray<Bar<HeaderTarget>> => {
	const {store, ui, items, isReadOnly, theme} = source;
	const {info, snapshot, target, connection: {state}} = store;
	const name = prose('text', target ? (target.host === demoHost ? '(demo, simulated) ' : ` ${clean(target.title)} `) : '');
	const running = snapshot?.containers.filter(({status}) => status.state === 'running').length ?? 0;
	const host = info ? [`  ${clean(info.name)}`, `  ${info.accelerator === 'tcg' ? 'tcg (emulated)' : clean(info.accelerator ?? info.operatingSystem)}`, `  ${info.cpus} CPU ${shortBytes(info.memoryBytes)}`] : [];
	const tabs = tabsOf(store, ui.records);
	const current = currentTab(ui);
	const way = ui.places.length === 0 ? [] : wayOf(ui, items);
	const start = [
		item(['title', ' holm ']),
		...(state === 'lost' ? [] : [name]),
		item(['warning', isReadOnly ? '[read-only] ' : '']),
	];
	if (headerRows(rows) === 2) {
		const beginning = [
			...start,
			connectionItem(store),
			// On a lost connection, reason and remedy come before the name.
			...(state === 'lost' ? [name] : []),
		];
		const room = Math.max(Math.floor(columns / 2), columns - widthOfItems(beginning));
		return [
			barOf([
				...beginning,
				...crumbItems(way, ui.places.length, room, theme),
				...(snapshot ? [item(['text', `  ${running}/${snapshot.containers.length} running`])] : []),
				item(['accent', snapshot?.builder && isBuilding(snapshot.builder.status) ? '  building' : '']),
				...host.map(text => item(['dim', text])),
			], columns, theme),
			barOf(fittingTabs(tabs, current, columns), columns, theme),
		];
	}

	if (state !== 'connected') {
		return [barOf([...start, connectionItem(store), ...(state === 'lost' ? [name] : [])], columns, theme)];
	}

	const least = widthOfItems(tabItems(tabs, current, 'numbers'));
	const beginning = [start, [start[0]!, start[2]!], [start[2]!]].find(parts => widthOfItems(parts) + least <= columns) ?? [];
	const left = columns - widthOfItems(beginning);
	const crumbs = crumbItems(way, ui.places.length, left - least, theme);
	return [barOf([...beginning, ...crumbs, ...fittingTabs(tabs, current, left - widthOfItems(crumbs))], columns, theme)];
};
