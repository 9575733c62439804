import type {Controller} from '../work/controller.js';
import {dialogActions} from '../dialogs/dialog-actions.js';
import {currentTab, headerBars, tabsOf} from '../frame/header.js';
import {headerRows} from '../frame/layout.js';
import {previousPlace} from '../state/places.js';
import {changeListNamed, globalActions} from '../work/global-actions.js';
import {reduceTree, treeLines} from '../inspect/tree-state.js';
import {sortColumns} from '../lists/sorts.js';
import {changeLogs} from '../logs/logs-actions.js';
import {idsOf} from '../state/list-items.js';
import {scrollTextView} from '../views/view-actions.js';
import {hitOf, type Hit} from './hit.js';
import type {MouseEvent} from './mouse-events.js';

// Lines per notch, as in most programs.
const notch = 3;

const onWheel = (controller: Controller, point: MouseEvent, by: number) => {
	const {getState, set, terminal} = controller;
	const hit = hitOf(point, terminal.size(), getState());
	switch (hit?.type) {
		case 'list': {
			changeListNamed(controller, hit.list, {type: 'move', by: Math.sign(by)});
			break;
		}

		case 'logs': {
			changeLogs(controller, {type: 'scroll', by});
			break;
		}

		case 'textView': {
			scrollTextView({type: 'move', by})(controller);
			break;
		}

		case 'inspect': {
			const {inspect} = getState();
			set({inspect: inspect && reduceTree(inspect, {type: 'move', by})});
			break;
		}

		case undefined: {
			if (getState().dialog) {
				void dialogActions[by < 0 ? 'dialog.up' : 'dialog.down']!(controller);
			}
		}
	}
};

/** A click on a tab or a crumb. */
const onHeader = (controller: Controller, {column, row}: MouseEvent) => {
	const {getState, set, store, listItems, isReadOnly, theme, terminal, windows} = controller;
	const ui = getState();
	const bars = headerBars({store: store.getState(), ui, items: listItems(), isReadOnly, theme}, terminal.size());
	const target = bars[row]?.spots.find(({from, to}) => column >= from && column < to)?.target;
	if (target && 'depth' in target) {
		set(previousPlace({...ui, places: ui.places.slice(0, target.depth + 1)}, windows) ?? {});
	} else if (target && tabsOf(store.getState(), ui.records)[currentTab(ui) - 1]?.action !== target.action) {
		void globalActions[target.action]?.(controller);
	}
};

/** A click on a row selects it, one on a head sorts. */
const onList = (controller: Controller, {list, row, column, pane}: Extract<Hit, {type: 'list'}>) => {
	const {set, listItems, windows, heads} = controller;
	if (pane) {
		set({focus: pane});
	}

	const id = row < 0 ? undefined : idsOf(listItems(), list)[(windows.get(list) ?? 0) + row];
	const head = row === -1 ? heads.get(list)?.find(({from, to}) => column >= from && column < to) : undefined;
	const sorted = head && sortColumns[list].find(({key}) => key === head.key);
	if (id !== undefined) {
		changeListNamed(controller, list, {type: 'select', id});
	} else if (sorted) {
		changeListNamed(controller, list, {type: 'sortBy', column: sorted});
	}
};

const onClick = (controller: Controller, point: MouseEvent) => {
	if (!controller.getState().dialog && point.row < headerRows(controller.terminal.size().rows)) {
		onHeader(controller, point);
		return;
	}

	const {getState, set, listItems, terminal, windows} = controller;
	const hit = hitOf(point, terminal.size(), getState());
	if (hit?.type === 'logs') {
		set({focus: 'logs'});
	} else if (hit?.type === 'list') {
		onList(controller, hit);
	} else if (hit?.type === 'inspect') {
		const {inspect} = getState();
		const line = (windows.get('inspect') ?? 0) + hit.row;
		if (inspect && hit.row >= 0 && line < treeLines(inspect).length) {
			set({inspect: {...inspect, cursor: line}});
		}
	}
};

/** Handles a mouse event: the wheel scrolls the pane under the pointer, a click selects, and on a head sorts. The mouse never changes the engine. */
export const handleMouse = (controller: Controller, event: MouseEvent) => {
	controller.store.touch();
	if (controller.getState().prompt) {
		return;
	}

	if (event.type === 'click') {
		onClick(controller, event);
	} else {
		onWheel(controller, event, event.type === 'wheelUp' ? -notch : notch);
	}
};
