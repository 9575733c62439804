import type {EngineEvent} from '../../engine/resources.js';
import type {Actions} from '../work/actions.js';
import {createContainer} from '../containers/containers-actions.js';
import {shortImage} from '../containers/rows.js';
import type {Data, Setting, View, Work} from '../work/controller.js';
import {buildForm} from '../forms/build-form.js';
import {openForm} from '../forms/form-state.js';
import {quoteWord} from '../forms/words.js';
import {openTree} from '../inspect/tree-state.js';
import {shortPercent} from '../../text/measures.js';
import {imageName, planPrune, planRemoveImages, planRemoveVolumes} from '../work/plan.js';
import {nothingText, withLeftOut} from '../lists/targets.js';
import {selectedIn, targetsIn} from '../state/list-items.js';
import {isTextView, type ListName, type Part, type UiState} from '../state/ui-state.js';
import {changeList} from '../work/global-actions.js';
import {bodyRows} from '../frame/layout.js';
import {clean} from '../../text/fit.js';
import {askName} from './resolve.js';
import {showEventEnd} from './show-ended.js';
import {scrolledTop, textViewContent, textViewSize, topOf, type ScrollAction} from './text-view.js';

// More layers do not fit on a screen.
const layersShown = 40;

/** Pulls an image and reports the progress of all layers together, and of each. */
export const pull = async (controller: View & Work, reference: string) => controller.work(`Pulling ${reference}`, async (engine, {signal, report}) => {
	const layers = new Map<string, {readonly current: number; readonly total: number}>();
	const parts = new Map<string, Part>();
	let last = '';
	for await (const {id = '', status = '', current, total} of engine.pullImage(reference, {signal})) {
		const size = current !== undefined && total !== undefined && total > 0 ? {current, total} : undefined;
		if (size) {
			layers.set(id, size);
		} else if (/complete|exists/iv.test(status) && layers.has(id)) {
			layers.set(id, {current: layers.get(id)!.total, total: layers.get(id)!.total});
		}

		if (id !== '' && (parts.has(id) || parts.size < layersShown)) {
			const share = size ? Math.floor(size.current / size.total * 100) / 100 : (/complete|exists/iv.test(status) ? 1 : undefined);
			parts.set(id, {id: clean(id), status: clean(status), ...share !== undefined && {share}});
		}

		const sums = [...layers.values()];
		const all = sums.reduce((sum, layer) => sum + layer.total, 0);
		const percent = all > 0 ? shortPercent(Math.floor(sums.reduce((sum, layer) => sum + layer.current, 0) / all * 100)) : clean(status);
		const now = [percent, ...parts.values().map(({status: text, share}) => `${text} ${share}`)].join('\n');
		if (now !== last) {
			last = now;
			report(percent, [...parts.values()]);
		}
	}

	return {result: `Pulled ${reference}`};
}, {
	commands: [`holm pull ${quoteWord(reference)}`],
	repeat() {
		askPull(controller, reference);
	},
});

const askPull = (controller: View & Work, value = '') => {
	controller.ask({
		title: 'Pull',
		value,
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

/** Where what an event is about is listed, with the cursor on it; undefined if it is gone. */
const placeOfEvent = (controller: View & Data, {type, id, attributes}: EngineEvent): Partial<UiState> | undefined => {
	const {lists} = controller.getState();
	const {containers = [], networks = [], images = [], volumes = []} = controller.store.getState().snapshot ?? {};
	const selected = (list: ListName, selectedId: string): Pick<UiState, 'lists'> => ({lists: {...lists, [list]: {...lists[list], filter: '', selectedId}}});
	switch (type) {
		case 'container': {
			return containers.some(container => container.id === id) ? {view: 'main', focus: 'containers', areStoppedShown: true, ...selected('containers', id)} : undefined;
		}

		case 'network': {
			return networks.some(network => network.id === id) ? {view: 'main', focus: 'networks', ...selected('networks', id)} : undefined;
		}

		case 'image': {
			const image = images.find(({id: own, tags}) => own === id || tags.includes(id) || tags.includes(attributes.name ?? ''));
			return image && {view: 'images', ...selected('images', image.id)};
		}

		case 'volume': {
			return volumes.some(({name}) => name === id) ? {view: 'volumes', ...selected('volumes', id)} : undefined;
		}

		case 'daemon': {
			return undefined;
		}
	}
};

/** Opens why a container ended, or goes to what an event is about. */
const goTo = async (controller: View & Data & Setting) => {
	const row = selectedIn(controller.listItems(), controller.getState(), 'events');
	if (!row) {
		return;
	}

	const {event, end} = row;
	const {type, id, attributes} = event;
	if (end) {
		await showEventEnd(controller, event, end);
		return;
	}

	const place = placeOfEvent(controller, event);
	if (place) {
		controller.set(place);
	} else {
		const name = clean(attributes.name ?? id.replace('sha256:', '').slice(0, 12));
		controller.notify(type === 'daemon' ? 'This event is about the engine itself' : `The ${type} ${name} is gone`);
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
		const ways = {
			pull(here: View & Work) {
				askPull(here);
			},
			build: openBuild,
			run: createOf,
		};
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
	'images.pull'(controller) {
		askPull(controller);
	},
	'images.build': openBuild,
	'images.remove'(controller) {
		const {snapshot} = controller.store.getState();
		const images = targetsIn(controller.listItems(), controller.getState(), 'images');
		const plan = snapshot && images.length > 0 ? planRemoveImages(images, snapshot) : undefined;
		controller.confirm(withLeftOut(controller, 'images', plan), nothingText(controller, 'images', 'No image selected'));
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
		const plan = snapshot && volumes.length > 0 ? planRemoveVolumes(volumes, snapshot) : undefined;
		controller.confirm(withLeftOut(controller, 'volumes', plan), nothingText(controller, 'volumes', 'No volume selected'));
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
		const {containers = []} = controller.store.getState().snapshot ?? {};
		askName(controller, containers.filter(({attachments, status}) => status.state === 'running' && attachments.some(({networkId}) => networkId === row?.networkId)).slice(0, 4), row?.record.name ?? '');
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
