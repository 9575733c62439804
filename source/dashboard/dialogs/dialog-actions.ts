import type {Engine} from '../../engine/engine.js';
import type {Snapshot} from '../../engine/snapshot.js';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, Setting, View, Work} from '../work/controller.js';
import {failureOf, type Failure} from '../work/execute.js';
import {planRemoveContainers, planRemoveNetworks, planRemoveVolumes} from '../work/plan.js';
import {
	commandOf,
	openForm,
	reduceForm,
	refusedForm,
	type FormAction,
	type FormState,
	type Request,
} from '../forms/form-state.js';
import type {ListState} from '../state/list-state.js';
import {lastTop} from './dialog-extent.js';

const close = ({getState, set}: View) => {
	const {dialog} = getState();
	set({dialog: dialog?.type === 'failures' ? dialog.after : undefined});
};

const scroll = (by: number) => (controller: View & Data & Setting) => {
	const {dialog} = controller.getState();
	if (dialog?.type === 'choose') {
		const {length} = dialog.choices;
		controller.set({dialog: {...dialog, index: Math.max(0, Math.min(length - 1, dialog.index + by))}});
	} else if (dialog && 'top' in dialog) {
		controller.set({dialog: {...dialog, top: Math.max(0, Math.min(dialog.top + by, lastTop(controller, dialog)))}});
	}
};

const accept = (controller: View & Work) => {
	const {dialog} = controller.getState();
	close(controller);
	if (dialog?.type === 'confirm' && dialog.isAccepting) {
		void controller.execute(dialog.plan, {isConfirmed: true});
	} else if (dialog?.type === 'choose') {
		const choice = dialog.choices[dialog.index];
		if (choice) {
			dialog.take(choice.id);
		}
	}
};

export const dialogActions: Actions = {
	'dialog.up': scroll(-1),
	'dialog.down': scroll(1),
	'dialog.pageUp': scroll(-10),
	'dialog.pageDown': scroll(10),
	'dialog.first': scroll(-Infinity),
	'dialog.last': scroll(Infinity),
	'dialog.other'({getState, set}) {
		const {dialog} = getState();
		if (dialog?.type === 'confirm') {
			set({dialog: {...dialog, isAccepting: !dialog.isAccepting}});
		}
	},
	'dialog.accept': accept,
	'dialog.yes'(controller) {
		const {dialog} = controller.getState();
		if (dialog?.type === 'confirm') {
			close(controller);
			void controller.execute(dialog.plan, {isConfirmed: true});
		}
	},
	'dialog.close': close,
};

export const changeForm = ({getState, set}: View, action: FormAction) => {
	const {dialog} = getState();
	if (dialog?.type === 'form') {
		set({dialog: {...dialog, form: reduceForm(dialog.form, action)}});
	}
};

type Created = {
	/** Id, or the name of a volume, by which its list selects it. */
	readonly id: string;
	readonly name: string;
	readonly list: 'containers' | 'networks' | 'volumes';
	readonly result: string;
	/** It is there, but did not start. */
	readonly failure?: Failure;
};

const create = async (engine: Engine, request: Exclude<Request, {type: 'build'}>): Promise<Created> => {
	switch (request.type) {
		case 'network': {
			const {id} = await engine.createNetwork(request.configuration);
			const {name, subnet} = await engine.network(id);
			return {id, name, list: 'networks', result: `Created network ${name}, ${subnet}`};
		}

		case 'volume': {
			const {name} = await engine.createVolume(request.configuration);
			return {id: name, name, list: 'volumes', result: `Created volume ${name}`};
		}

		case 'container': {
			const {id} = await engine.createContainer(request.configuration);
			const {name} = await engine.container(id);
			if (!request.isStarted) {
				return {id, name, list: 'containers', result: `Created ${name}`};
			}

			try {
				await engine.startContainer(id);
			} catch (error) {
				return {
					id, name, list: 'containers', result: `Created ${name}, which did not start`, failure: failureOf(name, error),
				};
			}

			return {id, name, list: 'containers', result: `Created and started ${name}`};
		}
	}
};

/** Puts the cursor on something new, unless it was moved meanwhile. Returns what to add to the result. */
const selectNew = (controller: View, {id, name, list}: Created, before: ListState): string => {
	const {lists} = controller.getState();
	const state = lists[list];
	if (state.selectedId === before.selectedId) {
		controller.set({lists: {...lists, [list]: {...state, selectedId: id}}});
	}

	return name.toLowerCase().includes(state.filter) ? '' : '; the filter may hide it';
};

const removalOf = (controller: View & Work & Data, {id, list}: Created) => () => {
	const {snapshot} = controller.store.getState();
	const plans = {
		containers: (now: Snapshot) => planRemoveContainers(now.containers.filter(item => item.id === id), now),
		networks: (now: Snapshot) => planRemoveNetworks(now.networks.filter(item => item.id === id), now),
		volumes: (now: Snapshot) => planRemoveVolumes(now.volumes.filter(({name}) => name === id), now),
	};
	controller.confirm(snapshot && plans[list](snapshot), 'It is gone already');
};

const send = async (controller: View & Work & Data & Setting, form: FormState) => {
	const {definition, values} = form;
	const request = definition.request(values);
	const deed = {
		commands: [commandOf(form)],
		repeat() {
			controller.open({type: 'form', form: openForm(definition, values)});
		},
		// The form opens again with the reason at its field.
		onFailure({message, remedy}: Failure) {
			controller.openLater({type: 'form', form: refusedForm(form, message, remedy)});
		},
	};
	if (request.type === 'build') {
		const {build} = await import('../views/build.js');
		await build(controller, request, deed);
		return;
	}

	const list = ({container: 'containers', network: 'networks', volume: 'volumes'} as const)[request.type];
	const before = controller.getState().lists[list];
	await controller.work(`Creating ${request.configuration.name ?? `a ${request.type}`}`, async engine => {
		const created = await create(engine, request);
		return {
			result: `${created.result}${selectNew(controller, created, before)}`,
			...created.failure && {failures: [created.failure]},
			undo: removalOf(controller, created),
		};
	}, deed);
};

/** Submits a valid form; otherwise shows the errors and focuses the first invalid field. A picked choice is only taken. */
export const submitForm = (controller: Controller) => {
	const {dialog} = controller.getState();
	const {snapshot} = controller.store.getState();
	if (dialog?.type !== 'form' || !snapshot) {
		return;
	}

	const {form} = dialog;
	if (form.picked !== undefined) {
		changeForm(controller, {type: 'complete', snapshot});
		return;
	}

	// What the engine refused may be right now.
	const errors = form.definition.validate(form.values, snapshot);
	changeForm(controller, {type: 'submit', errors});
	if (Object.keys(errors).length === 0) {
		close(controller);
		void send(controller, form);
	}
};

const withSnapshot = (controller: View & Data, change: (snapshot: Snapshot) => FormAction) => {
	const {snapshot} = controller.store.getState();
	if (snapshot) {
		changeForm(controller, change(snapshot));
	}
};

/** Tab: takes a picked choice, and moves to the next field. */
export const nextField = (controller: View & Data, type: 'next' | 'previous') => {
	const {dialog} = controller.getState();
	if (dialog?.type === 'form' && dialog.form.picked !== undefined) {
		withSnapshot(controller, snapshot => ({type: 'complete', snapshot}));
	}

	changeForm(controller, {type});
};

export const pickChoice = (controller: View & Data, by: number) => {
	withSnapshot(controller, snapshot => ({type: 'pick', by, snapshot}));
};

export const moveRight = (controller: View & Data) => {
	withSnapshot(controller, snapshot => ({type: 'right', snapshot}));
};
