import {targetOf, type EngineTarget} from '../state/known-engines.js';
import {clean} from '../../text/fit.js';
import {initialUi} from '../state/ui-state.js';
import type {Data, View, Work} from './controller.js';

/** Switches to another engine once it has answered; otherwise the current one stays. */
export const switchEngine = async (controller: View & Work & Data, target: EngineTarget) => controller.job(`Connecting to ${target.title}`, async ({signal, report}) => {
	const {store, engines, logs, removed, getState, set} = controller;
	await store.switchTo({connect: async step => engines.connect(target, step), target, signal, report});
	logs.reset();
	// Selections, dialogs and undo belong to the previous engine.
	removed.length = 0;
	const {focus, isZoomed, areStoppedShown, jobs, history, logs: {form, isWrapped, times}} = getState();
	set({
		...initialUi,
		focus,
		isZoomed,
		areStoppedShown,
		jobs,
		history,
		logs: {...initialUi.logs, form, isWrapped, times},
		followed: undefined,
		inspect: undefined,
		scroll: undefined,
		records: undefined,
		lacksRecords: undefined,
		dialog: undefined,
		prompt: undefined,
		notice: `Switched to ${clean(target.title)}`,
	});
});

const other = ' other';

const askAddress = (controller: View & Work & Data) => {
	controller.ask({
		title: 'unix:///path, tcp://host:port, ssh://user@host, apple://user@host or context://NAME',
		value: '',
		submit(typed) {
			const host = typed.trim();
			if (host !== '') {
				void switchEngine(controller, targetOf(host));
			}
		},
	});
};

/** Lists the known engines and accepts the address of another one. */
export const chooseEngine = async (controller: View & Work & Data) => {
	const {store, engines, getState} = controller;
	if (getState().jobs.length > 0) {
		controller.notify('Not while a job is running; Ctrl-X cancels it');
		return;
	}

	const known = await engines.list();
	const now = store.getState().target?.host;
	controller.open({
		type: 'choose',
		title: 'Which engine?',
		choices: [
			...known.map(({title, host}) => ({id: host, label: `${title}${host === now ? ' (current)' : ''}`})),
			{id: other, label: 'Another engine, by address'},
		],
		index: Math.max(0, known.findIndex(({host}) => host === now)),
		take(id) {
			const target = known.find(({host}) => host === id);
			if (target) {
				void switchEngine(controller, target);
			} else {
				askAddress(controller);
			}
		},
	});
};
