import {bodyRows} from '../frame/layout.js';
import type {Actions} from '../work/actions.js';
import type {Setting, View} from '../work/controller.js';
import {reduceTree, treeLines, valueAt, type TreeAction} from './tree-state.js';

const change = (controller: View, action: TreeAction) => {
	const {inspect} = controller.getState();
	if (inspect) {
		controller.set({inspect: reduceTree(inspect, action)});
	}
};

const treeAction = (action: TreeAction) => (controller: View) => {
	change(controller, action);
};

const page = ({terminal}: Setting) => Math.max(1, bodyRows(terminal.size().rows) - 3);

const search = (controller: View) => {
	const {inspect} = controller.getState();
	controller.ask({
		title: 'Search names and values',
		value: inspect?.search ?? '',
		change(text) {
			change(controller, {type: 'search', text});
		},
		submit() {},
		cancel() {
			controller.set({inspect});
		},
	});
};

const copy = (controller: View & Setting) => {
	const {inspect} = controller.getState();
	if (!inspect) {
		return;
	}

	const line = treeLines(inspect)[inspect.cursor];
	const value: unknown = inspect.isJson ? line?.value : valueAt(inspect.root, line?.path ?? '');
	controller.terminal.copy(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2) ?? '');
	controller.notify('Copied');
};

export const inspectActions: Actions = {
	'inspect.up': treeAction({type: 'move', by: -1}),
	'inspect.down': treeAction({type: 'move', by: 1}),
	'inspect.pageUp'(controller) {
		change(controller, {type: 'move', by: -page(controller)});
	},
	'inspect.pageDown'(controller) {
		change(controller, {type: 'move', by: page(controller)});
	},
	'inspect.first': treeAction({type: 'first'}),
	'inspect.last': treeAction({type: 'last'}),
	'inspect.fold': treeAction({type: 'fold'}),
	'inspect.unfold': treeAction({type: 'unfold'}),
	'inspect.toggle': treeAction({type: 'toggle'}),
	'inspect.foldAll': treeAction({type: 'foldAll'}),
	'inspect.unfoldAll': treeAction({type: 'unfoldAll'}),
	'inspect.search': search,
	'inspect.nextMatch': treeAction({type: 'nextMatch'}),
	'inspect.previousMatch': treeAction({type: 'previousMatch'}),
	'inspect.json': treeAction({type: 'json'}),
	'inspect.copy': copy,
	'inspect.copyAll'(controller) {
		controller.terminal.copy(JSON.stringify(controller.getState().inspect?.root, undefined, 2) ?? '');
		controller.notify('Copied all as JSON');
	},
};
