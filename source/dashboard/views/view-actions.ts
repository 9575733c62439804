import type {Actions} from '../work/actions.js';
import {createContainer} from '../containers/containers-actions.js';
import {shortImage} from '../containers/rows.js';
import type {Data, Setting, View, Work} from '../work/controller.js';
import {buildForm} from '../forms/build-form.js';
import {openForm} from '../forms/form-state.js';
import {openTree} from '../inspect/tree-state.js';
import {shortPercent} from '../../text/measures.js';
import {imageName, planPrune, planRemoveImages, planRemoveVolumes} from '../work/plan.js';
import {selectedIn, targetsIn} from '../state/list-items.js';
import {isTextView} from '../state/ui-state.js';
import {changeList} from '../work/global-actions.js';
import {bodyRows} from '../frame/layout.js';
import {clean} from '../../text/fit.js';
import {askNameOn} from './resolve.js';
import {scrolledTop, textViewContent, textViewSize, topOf, type ScrollAction} from './text-view.js';

/** Pulls an image and reports the progress of all layers together. */
export const pull = async (controller: View & Work, reference: string) => controller.work(`Pulling ${reference}`, async (engine, {signal, report}) => {
	const layers = new Map<string, {readonly current: number; readonly total: number}>();
	for await (const {id = '', status = '', current, total} of engine.pullImage(reference, {signal})) {
		if (current !== undefined && total !== undefined && total > 0) {
			layers.set(id, {current, total});
		}

		const sums = [...layers.values()];
		const all = sums.reduce((sum, layer) => sum + layer.total, 0);
		report(all > 0 ? shortPercent(sums.reduce((sum, layer) => sum + layer.current, 0) / all * 100) : clean(status));
	}

	controller.notify(`Pulled ${reference}`);
});

const askPull = (controller: View & Work) => {
	controller.ask({
		title: 'Pull',
		value: '',
		submit(reference) {
			if (reference.trim() !== '') {
				void pull(controller, reference.trim());
			}
		},
	});
};

const openBuild = (controller: View) => {
	controller.open({type: 'form', form: openForm(buildForm)});
};

const createOf = async (controller: View) => {
	const image = selectedIn(controller.listItems(), controller.getState(), 'images');
	await createContainer(controller, image && shortImage(imageName(image)));
};

const copyText = (controller: View & Setting, text: string | undefined) => {
	if (text !== undefined) {
		controller.terminal.copy(text);
		controller.notify(`Copied ${clean(text)}`);
	}
};

const goTo = (controller: View) => {
	const row = selectedIn(controller.listItems(), controller.getState(), 'events');
	const {lists} = controller.getState();
	if (row?.event.type === 'container') {
		controller.set({view: 'main', focus: 'containers', areStoppedShown: true, lists: {...lists, containers: {...lists.containers, filter: '', selectedId: row.event.id}}});
	} else if (row?.event.type === 'network') {
		controller.set({view: 'main', focus: 'networks', lists: {...lists, networks: {...lists.networks, filter: '', selectedId: row.event.id}}});
	}
};

export const viewActions: Actions = {
	'images.inspect'(controller) {
		const image = selectedIn(controller.listItems(), controller.getState(), 'images');
		if (image) {
			controller.set({view: 'inspect', inspect: openTree(`Image ${imageName(image)}`, image)});
		}
	},
	'images.create'(controller) {
		const image = selectedIn(controller.listItems(), controller.getState(), 'images');
		const ways = {pull: askPull, build: openBuild, run: createOf};
		controller.open({
			type: 'choose',
			title: 'Create',
			choices: [
				{id: 'pull', label: 'Pull an image from a registry'},
				{id: 'build', label: 'Build an image from a directory'},
				...(image ? [{id: 'run', label: `Create a container from ${shortImage(imageName(image))}`}] : []),
			],
			index: 0,
			take(id) {
				void ways[id as keyof typeof ways](controller);
			},
		});
	},
	'images.run': createOf,
	'images.pull': askPull,
	'images.build': openBuild,
	'images.remove'(controller) {
		const {snapshot} = controller.store.getState();
		const images = targetsIn(controller.listItems(), controller.getState(), 'images');
		controller.confirm(snapshot && images.length > 0 ? planRemoveImages(images, snapshot) : undefined, 'Nothing to remove');
	},
	'images.prune'(controller) {
		const {snapshot} = controller.store.getState();
		controller.confirm(snapshot && planPrune('images', snapshot), 'No untagged images to prune');
	},
	'images.copy'(controller) {
		copyText(controller, selectedIn(controller.listItems(), controller.getState(), 'images')?.id);
	},
	'volumes.inspect'(controller) {
		const volume = selectedIn(controller.listItems(), controller.getState(), 'volumes');
		if (volume) {
			controller.set({view: 'inspect', inspect: openTree(`Volume ${volume.name}`, volume)});
		}
	},
	async 'volumes.create'(controller) {
		const {volumeForm} = await import('../forms/volume-form.js');
		controller.open({type: 'form', form: openForm(volumeForm)});
	},
	'volumes.remove'(controller) {
		const {snapshot} = controller.store.getState();
		const volumes = targetsIn(controller.listItems(), controller.getState(), 'volumes');
		controller.confirm(snapshot && volumes.length > 0 ? planRemoveVolumes(volumes, snapshot) : undefined, 'Nothing to remove');
	},
	'volumes.prune'(controller) {
		const {snapshot} = controller.store.getState();
		controller.confirm(snapshot && planPrune('volumes', snapshot), 'No unused volumes');
	},
	'volumes.copy'(controller) {
		copyText(controller, selectedIn(controller.listItems(), controller.getState(), 'volumes')?.name);
	},
	'dns.resolve'(controller) {
		const row = selectedIn(controller.listItems(), controller.getState(), 'dns');
		askNameOn(controller, row?.networkId, row?.record.name ?? '');
	},
	'dns.copy'(controller) {
		copyText(controller, selectedIn(controller.listItems(), controller.getState(), 'dns')?.record.value);
	},
	'events.goTo': goTo,
};

/** Scrolls the current text view. */
export const scrollTextView = (action: ScrollAction) => (controller: View & Data & Setting) => {
	const {getState, set, store, listItems, terminal, theme, isSpoken} = controller;
	const ui = getState();
	const {view} = ui;
	if (!isTextView(view)) {
		return;
	}

	const {columns, rows} = terminal.size();
	const size = isSpoken ? {width: columns, height: 1} : textViewSize({width: columns, height: bodyRows(rows)});
	const content = textViewContent(view, {ui, store: store.getState(), listItems: listItems(), theme, isSpoken}, size);
	if (!content) {
		return;
	}

	const before = topOf(view, content, ui.scroll, size.height);
	const top = scrolledTop(before, action, content.lines.length, size.height);
	if (top !== before) {
		set({scroll: {view, id: content.id, top}});
	}
};

const turn = (by: number) => (controller: View) => {
	changeList(controller, {type: 'move', by});
};

export const textViewActions: Actions = {
	'textView.up': scrollTextView({type: 'move', by: -1}),
	'textView.down': scrollTextView({type: 'move', by: 1}),
	'textView.pageUp': scrollTextView({type: 'page', by: -1}),
	'textView.pageDown': scrollTextView({type: 'page', by: 1}),
	'textView.first': scrollTextView({type: 'first'}),
	'textView.last': scrollTextView({type: 'last'}),
	'textView.next': turn(1),
	'textView.previous': turn(-1),
};
