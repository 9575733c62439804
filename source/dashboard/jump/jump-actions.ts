import {availableMaps, placeOf} from '../keys/active-maps.js';
import type {Controller, Data, Setting, View} from '../work/controller.js';
import {idsOf, selectedIn} from '../state/list-items.js';
import {pushedPlace} from '../state/places.js';
import type {UiState} from '../state/ui-state.js';
import {entriesOf, findEntries} from './entries.js';
import type {Target} from './entry.js';

const manyEntries = 2000;

const nameOf = (item: object | undefined): string | undefined => item && 'name' in item && typeof item.name === 'string' ? item.name : undefined;

/** Opens the field over all that there is now; what it lists does not move while it is open. */
export const openJump = (controller: View & Data & Setting) => {
	const {getState, listItems, activeList, store, open} = controller;
	const ui = getState();
	const list = activeList();
	const entries = entriesOf({
		snapshot: store.getState().snapshot,
		records: ui.records,
		keyMaps: availableMaps(controller),
		place: placeOf(ui),
		isAscii: controller.isSpoken || controller.theme.borders.vertical === '|',
		selected: list && nameOf(selectedIn(listItems(), ui, list)),
	});
	open({type: 'jump', text: '', index: 0, entries});
	if (entries.length > manyEntries) {
		// The first search compiles its code; the user types a little later.
		setImmediate(() => {
			findEntries(entries, 'a e', []);
		});
	}
};

type ItemTarget = Extract<Target, {type: 'item'}>;

const whereOf = (list: string): Pick<UiState, 'view' | 'focus'> | Pick<UiState, 'view'> =>
	list === 'containers' || list === 'networks' ? {view: 'main', focus: list} : {view: list as UiState['view']};

const isThere = ({store}: Data, {list, id}: ItemTarget): boolean => {
	const {snapshot} = store.getState();
	return snapshot?.[list].some(item => ('id' in item ? item.id : item.name) === id) ?? false;
};

/** Goes to an item, whatever hides it. */
const toItem = (controller: View & Data, target: ItemTarget, label: string) => {
	const {list, id} = target;
	const {getState, set, listItems, notify, windows} = controller;
	if (!isThere(controller, target)) {
		notify(`${label} is gone`);
		return;
	}

	const ui = getState();
	const isHidden = !idsOf(listItems(), list).includes(id);
	const state = ui.lists[list];
	set({
		...whereOf(list),
		places: pushedPlace(ui, listItems(), windows),
		...(isHidden && {areStoppedShown: true}),
		lists: {...ui.lists, [list]: {...state, selectedId: id, filter: isHidden ? '' : state.filter}},
	});
};

const toFilter = ({getState, set, listItems, windows}: View, {list, text}: Extract<Target, {type: 'filter'}>) => {
	const ui = getState();
	set({
		...whereOf(list),
		places: pushedPlace(ui, listItems(), windows),
		lists: {...ui.lists, [list]: {...ui.lists[list], filter: text.toLowerCase(), selectedId: undefined, index: 0}},
	});
};

/** Goes to an object. */
export const jumpTo = (controller: Controller, target: Exclude<Target, {type: 'action'}>, label: string) => {
	if (target.type === 'item') {
		toItem(controller, target, label);
	} else {
		toFilter(controller, target);
	}
};
