import {listRows, type PaneName} from '../frame/layout.js';
import {selectedBuilder} from '../builder/builder-actions.js';
import {reduceTree} from '../inspect/tree-state.js';
import {count} from '../spoken/words.js';
import {reduceList, selectedOf, type ListAction} from '../state/list-state.js';
import {sortColumns} from '../lists/sorts.js';
import {countOf, filterPrefixes, idsOf, markableIdsOf, membersOf} from '../state/list-items.js';
import {previousPlace} from '../state/places.js';
import type {ListName, UiState, ViewName} from '../state/ui-state.js';
import {openJump} from '../jump/jump-actions.js';
import {logsContext} from '../logs/logs-actions.js';
import {canUndo, reduceLogs} from '../logs/logs-state.js';
import type {Actions} from './actions.js';
import type {
	Data,
	Setting,
	View,
	Work,
} from './controller.js';
import {chooseEngine} from './switch-engine.js';

const panes: readonly PaneName[] = ['containers', 'networks', 'logs'];

const showPane = (focus: PaneName) => (controller: View) => {
	controller.set({view: 'main', focus});
};

const showView = (view: ViewName) => (controller: View) => {
	controller.set({view: controller.getState().view === view ? 'main' : view});
};

const turn = (by: number) => (controller: View) => {
	const {view, focus} = controller.getState();
	controller.set({view: 'main', focus: view === 'main' ? panes[(panes.indexOf(focus) + by + panes.length) % panes.length]! : focus});
};

/** What Esc undoes before it leaves a place, one at a time: the first that applies. */
const undoable: ReadonlyArray<(ui: UiState, controller: View & Data & Setting) => Partial<UiState> | undefined> = [
	({view, focus, logs}, controller) => view === 'main' && focus === 'logs' && canUndo(logs) ? {logs: reduceLogs(logs, {type: 'undo'}, logsContext(controller))} : undefined,
	({view, inspect}) => view === 'inspect' && inspect && inspect.search !== '' ? {inspect: reduceTree(inspect, {type: 'search', text: ''})} : undefined,
	({lists}, {activeList, listItems}) => {
		const list = activeList();
		// The cursor stays on its item.
		return list && lists[list].filter !== '' ? {lists: {...lists, [list]: {...lists[list], filter: '', selectedId: selectedOf(lists[list], idsOf(listItems(), list))}}} : undefined;
	},
	({lists}, {activeList}) => {
		const list = activeList();
		return list && lists[list].marks.size > 0 ? {lists: {...lists, [list]: {...lists[list], marks: new Set()}}} : undefined;
	},
	(ui, {windows}) => previousPlace(ui, windows),
];

const back = (controller: View & Data & Setting) => {
	const ui = controller.getState();
	for (const undo of undoable) {
		const change = undo(ui, controller);
		if (change) {
			controller.set(change);
			return;
		}
	}

	controller.notify('This is the first screen; q quits');
};

/** Quits; asks first while jobs are running, which it would cancel. */
const quit = (controller: View & Setting) => {
	const {jobs} = controller.getState();
	if (jobs.length === 0) {
		controller.terminal.quit();
		return;
	}

	const names = jobs.map(({title, progress}) => `${title}${progress === '' ? '' : ` ${progress}`}`).join(', ');
	controller.open({
		type: 'choose',
		title: `Quit? ${count(jobs.length, 'job')} ${jobs.length === 1 ? 'is' : 'are'} running`,
		choices: [{id: 'stay', label: 'Stay'}, {id: 'quit', label: `Quit and cancel: ${names}`}],
		index: 0,
		take(id) {
			if (id === 'quit') {
				for (const {cancel} of controller.getState().jobs) {
					cancel();
				}

				controller.terminal.quit();
			}
		},
	});
};

/** Goes back to the place before, with its filter and marks as they are; quits on the first screen. */
const leave = (controller: View & Setting) => {
	const change = previousPlace(controller.getState(), controller.windows);
	if (change) {
		controller.set(change);
	} else {
		quit(controller);
	}
};

const undo = async (controller: View & Work) => {
	const [last] = controller.removed;
	if (last) {
		await controller.restore(last);
	} else {
		controller.notify('No removal to undo');
	}
};

export const globalActions: Actions = {
	'global.help'({open}) {
		open({type: 'help', top: 0});
	},
	'global.jump': openJump,
	'global.nextPane': turn(1),
	'global.previousPane': turn(-1),
	'global.containers': showPane('containers'),
	'global.networks': showPane('networks'),
	'global.logs': showPane('logs'),
	'global.images': showView('images'),
	'global.volumes': showView('volumes'),
	'global.dns': showView('dns'),
	'global.events': showView('events'),
	'global.topology': showView('topology'),
	'global.machine': showView('machine'),
	'global.activity': showView('activity'),
	'global.engines': chooseEngine,
	'global.zoom'({getState, set}) {
		set({isZoomed: !getState().isZoomed});
	},
	'global.undo': undo,
	'global.cancel'({getState, notify}) {
		const job = getState().jobs.at(-1);
		if (job) {
			job.cancel();
		} else {
			notify('No job is running');
		}
	},
	'global.redraw'({terminal}) {
		terminal.redraw();
	},
	async 'global.suspend'({terminal}) {
		await terminal.suspend();
	},
	'global.back': back,
	'global.previous': leave,
	'global.quit': quit,
};

/** Changes a list. */
export const changeListNamed = ({getState, set, listItems}: View, list: ListName, action: ListAction) => {
	const {lists} = getState();
	const ids = action.type === 'markAll' ? markableIdsOf(listItems(), list) : idsOf(listItems(), list);
	const next = reduceList(lists[list], action, ids, list === 'containers' ? id => membersOf(listItems(), id) : undefined);
	if (next !== lists[list]) {
		set({lists: {...lists, [list]: next}});
	}
};

export const changeList = (controller: View, action: ListAction) => {
	const list = controller.activeList();
	if (list) {
		changeListNamed(controller, list, action);
	}
};

const listAction = (action: ListAction | ((controller: View & Setting) => ListAction)) => (controller: View & Setting) => {
	changeList(controller, typeof action === 'function' ? action(controller) : action);
};

/** A page keeps one row in view, as in logs. */
const page = ({getState, terminal}: View & Setting) => {
	const {view, focus, isZoomed} = getState();
	return Math.max(1, listRows(terminal.size(), view === 'main' ? focus : undefined, isZoomed) - 1);
};

const askFilter = (controller: View) => {
	const list = controller.activeList();
	if (!list) {
		return;
	}

	const before = controller.getState().lists[list].filter;
	const change = (text: string) => {
		changeList(controller, {type: 'filter', text});
	};

	controller.ask({
		title: `Filter ${list === 'dns' ? 'records' : list}`,
		value: before,
		note() {
			const items = controller.listItems();
			const {filter} = controller.getState().lists[list];
			return filter === ''
				? filterPrefixes[list].map(prefix => `${prefix}:`).join(' ')
				: `${countOf(items, list)} of ${countOf(items.all, list)} match`;
		},
		change,
		submit: change,
		cancel() {
			change(before);
		},
	});
};

/** The columns to sort by that are on the screen; all of them for a screen reader. */
const shownColumns = ({activeList, heads, isSpoken}: View & Setting) => {
	const list = activeList() ?? 'events';
	const shown = new Set(heads.get(list)?.map(({key}) => key));
	return isSpoken ? sortColumns[list] : sortColumns[list].filter(({key}) => shown.has(key));
};

export const listActions: Actions = {
	'list.up': listAction({type: 'move', by: -1}),
	'list.down': listAction({type: 'move', by: 1}),
	'list.pageUp': listAction(controller => ({type: 'move', by: -page(controller)})),
	'list.pageDown': listAction(controller => ({type: 'move', by: page(controller)})),
	'list.first': listAction({type: 'first'}),
	'list.last': listAction({type: 'last'}),
	'list.mark'(controller) {
		if (controller.activeList() === 'containers' && selectedBuilder(controller)) {
			controller.notify('The builder cannot be marked: only containers can');
		} else {
			changeList(controller, {type: 'mark'});
		}
	},
	'list.markAll': listAction({type: 'markAll'}),
	'list.filter': askFilter,
	'list.sort': listAction(controller => ({type: 'sort', columns: shownColumns(controller)})),
	'list.unsort': listAction({type: 'sortBy'}),
};
