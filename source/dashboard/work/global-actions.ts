import {listRows, type PaneName} from '../frame/layout.js';
import {selectedBuilder} from '../builder/builder-actions.js';
import {reduceList, type ListAction} from '../state/list-state.js';
import {idsOf, markableIdsOf, sortColumns} from '../state/list-items.js';
import {changeLogs} from '../logs/logs-actions.js';
import {canUndo} from '../logs/logs-state.js';
import type {ListName, ViewName} from '../state/ui-state.js';
import type {Actions} from './actions.js';
import {
	isPane,
	type Data,
	type Setting,
	type View,
	type Work,
} from './controller.js';
import {recreate} from './execute.js';
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

/** Undoes one step: search, filter, marks, view, zoom, focus. */
const back = (controller: View & Data & Setting) => {
	const {view, focus, isZoomed, lists, logs, followed} = controller.getState();
	const list = controller.activeList();
	const state = list && lists[list];
	if (view === 'main' && focus === 'logs' && canUndo(logs)) {
		changeLogs(controller, {type: 'undo'});
	} else if (list && state && (state.filter !== '' || state.marks.size > 0)) {
		controller.set({lists: {...lists, [list]: {...state, filter: '', marks: new Set()}}});
	} else if (view !== 'main') {
		controller.set({view: 'main'});
	} else if (isZoomed) {
		controller.set({isZoomed: false});
	} else if (followed) {
		controller.set({followed: undefined});
	} else if (focus !== 'containers') {
		controller.set({focus: 'containers'});
	}
};

const undo = async (controller: View & Work) => {
	const last = controller.removed.shift();
	if (!last) {
		controller.notify('No removed containers or networks to recreate');
		return;
	}

	const names = [...last.networks, ...last.containers].map(({name}) => name).join(', ');
	await controller.work(`Recreating ${names}`, async engine => {
		const {failures} = await recreate(engine, last);
		if (failures.length > 0) {
			controller.fail('Some of it could not be recreated', failures);
		} else {
			controller.notify(`Recreated ${names}`);
		}
	});
};

export const globalActions: Actions = {
	'global.help'({open}) {
		open({type: 'help', top: 0});
	},
	'global.palette'({open}) {
		open({type: 'palette', text: '', index: 0});
	},
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
	'global.quit'({terminal}) {
		terminal.quit();
	},
};

/** Changes a list. */
export const changeListNamed = ({getState, set, listItems}: View, list: ListName, action: ListAction) => {
	const {lists} = getState();
	const ids = action.type === 'markAll' ? markableIdsOf(listItems(), list) : idsOf(listItems(), list);
	const next = reduceList(lists[list], action, ids);
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
		title: `Filter ${isPane(list) || list !== 'dns' ? list : 'records'}`,
		value: before,
		change,
		submit: change,
		cancel() {
			change(before);
		},
	});
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
	'list.sort': listAction(controller => ({type: 'sort', columns: sortColumns[controller.activeList() ?? 'events']})),
};
