import {clean} from '../../text/fit.js';
import type {PaneName} from '../frame/layout.js';
import {selectedIn, type ListItems} from './list-items.js';
import type {ListName, Place, UiState, ViewName, WindowName} from './ui-state.js';

/** Places that Esc and `q` go back through. */
const longestWay = 50;

const paneTitles: Readonly<Record<PaneName, string>> = {containers: 'Containers', networks: 'Networks', logs: 'Logs'};

/** Titles of the views, as tabs and crumbs name them. */
export const viewTitles: Readonly<Record<Exclude<ViewName, 'main'>, string>> = {
	inspect: 'Inspect', images: 'Images', volumes: 'Volumes', dns: 'DNS', events: 'Events', topology: 'Topology', addresses: 'Addresses', machine: 'Machine', activity: 'Activity',
};

type Where = Pick<UiState, 'view' | 'focus'>;

/** The list whose selection belongs to a place. */
const listAt = ({view, focus}: Where): ListName | undefined => {
	switch (view) {
		case 'main': {
			return focus === 'networks' ? 'networks' : 'containers';
		}

		case 'machine': {
			return 'containers';
		}

		case 'topology':
		case 'addresses': {
			return 'networks';
		}

		case 'activity':
		case 'inspect': {
			return undefined;
		}

		case 'images':
		case 'volumes':
		case 'dns':
		case 'events': {
			return view;
		}
	}
};

const windowAt = (where: Where): WindowName | undefined => where.view === 'inspect' ? 'inspect' : listAt(where);

/** What makes two places the same. */
const keyOf = ({view, focus, isZoomed, inspect}: Pick<UiState, 'view' | 'focus' | 'isZoomed' | 'inspect'>): string => {
	if (view === 'main') {
		return `main ${focus} ${isZoomed}`;
	}

	return view === 'inspect' ? `inspect ${inspect?.title ?? ''}` : view;
};

const logsCrumbs = (ui: UiState, items: ListItems): readonly string[] => {
	const title = ui.isBootLog ? 'Boot log' : paneTitles.logs;
	const {followed} = ui;
	if (followed && followed.length !== 1) {
		return [`${followed.length} containers`, title];
	}

	const container = followed ? items.containers.find(({id}) => id === followed[0]) : selectedIn(items, ui, 'containers');
	return container ? [clean(container.name), title] : [title];
};

/** The crumbs of a place: the object, if the place is about one, and its title. */
export const crumbsOf = (ui: UiState, items: ListItems): readonly string[] => {
	const {view, focus, inspect} = ui;
	switch (view) {
		case 'main': {
			return focus === 'logs' ? logsCrumbs(ui, items) : [paneTitles[focus]];
		}

		case 'inspect': {
			// The title is a kind and a name.
			const title = clean(inspect?.title ?? '');
			return [/^\S+ (?<name>.+)$/v.exec(title)?.groups?.name ?? title, viewTitles.inspect];
		}

		case 'machine':
		case 'addresses': {
			const object = selectedIn(items, ui, view === 'machine' ? 'containers' : 'networks');
			return [...(object ? [clean(object.name)] : []), viewTitles[view]];
		}

		case 'activity':
		case 'images':
		case 'volumes':
		case 'dns':
		case 'events':
		case 'topology': {
			return [viewTitles[view]];
		}
	}
};

type Windows = ReadonlyMap<WindowName, number>;

const placeAt = (ui: UiState, items: ListItems, windows: Windows): Place => {
	const {view, focus, isZoomed, isBootLog, followed, inspect, scroll} = ui;
	const list = listAt(ui);
	const window = windowAt(ui);
	return {
		view, focus, isZoomed, isBootLog, followed, inspect, scroll, crumbs: crumbsOf(ui, items),
		...(list && {list: {name: list, selectedId: ui.lists[list].selectedId, index: ui.lists[list].index, filter: ui.lists[list].filter}}),
		...(window && {window: {name: window, start: windows.get(window) ?? 0}}),
	};
};

/** The way with the current place as its last: for a move that stays in the same view. */
export const pushedPlace = (ui: UiState, items: ListItems, windows: Windows): readonly Place[] =>
	[...ui.places, placeAt(ui, items, windows)].slice(-longestWay);

/**
The way after a change of the screen. A place that is on the way already is returned to, and what came after it is forgotten: the first screen is always at its beginning. A change that also selects something is a step further, wherever it leads.
*/
export const placesAfter = (before: UiState, after: UiState, items: () => ListItems, windows: Windows): readonly Place[] => {
	const key = keyOf(after);
	if (keyOf(before) === key) {
		return before.places;
	}

	const known = after.lists === before.lists ? before.places.findIndex(place => keyOf(place) === key) : -1;
	if (known !== -1) {
		return before.places.slice(0, known);
	}

	// To unzoom is no step of its own.
	const isUnzoomed = before.view === 'main' && after.view === 'main' && before.focus === after.focus && !after.isZoomed;
	return isUnzoomed ? before.places : pushedPlace(before, items(), windows);
};

/** The change that goes back to the place before; undefined on the first screen. */
export const previousPlace = ({places, lists}: UiState, windows: Map<WindowName, number>): Partial<UiState> | undefined => {
	const place = places.at(-1);
	if (!place) {
		return undefined;
	}

	const {list, window, crumbs: _crumbs, ...rest} = place;
	if (window) {
		windows.set(window.name, window.start);
	}

	const restored = list && {...lists[list.name], selectedId: list.selectedId, index: list.index, filter: list.filter};
	return {...rest, places: places.slice(0, -1), ...(list && {lists: {...lists, [list.name]: restored}})};
};
