import type {Actions} from '../work/actions.js';
import type {Data, Setting, View} from '../work/controller.js';
import {changeList} from '../work/global-actions.js';
import {isDrawn} from '../state/ui-state.js';
import {drawnSize} from './drawn-view.js';
import {
	drawnOf,
	scrolledTop,
	topOf,
	type ScrollAction,
} from './text-view.js';

/** Scrolls the view of lines that is shown. */
export const scrollDrawn = (action: ScrollAction) => ({getState, set, store, shown, terminal, theme, isSpoken}: View & Data & Setting) => {
	const ui = getState();
	const {view} = ui;
	const {columns, rows} = terminal.size();
	// Header and footer take a row each.
	const size = isSpoken ? {width: columns, height: 1} : drawnSize({width: columns, height: rows - 2});
	const drawn = isDrawn(view) ? drawnOf(view, {ui, store: store.getState(), shown: shown(), theme, isSpoken}, size) : undefined;
	if (!drawn) {
		return;
	}

	const before = topOf(view, drawn, ui.scroll, size.height);
	const top = scrolledTop(before, action, drawn.lines.length, size.height);
	if (top !== before) {
		set({scroll: {view, id: drawn.id, top}});
	}
};

const turn = (by: number) => (controller: View) => {
	changeList(controller, {type: 'move', by});
};

export const drawnActions: Actions = {
	'drawn.up': scrollDrawn({type: 'move', by: -1}),
	'drawn.down': scrollDrawn({type: 'move', by: 1}),
	'drawn.pageUp': scrollDrawn({type: 'page', by: -1}),
	'drawn.pageDown': scrollDrawn({type: 'page', by: 1}),
	'drawn.first': scrollDrawn({type: 'first'}),
	'drawn.last': scrollDrawn({type: 'last'}),
	'drawn.next': turn(1),
	'drawn.previous': turn(-1),
};
