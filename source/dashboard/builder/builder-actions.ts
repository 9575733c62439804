import {builderOf} from '../../engine/builder.js';
import {openTree} from '../inspect/tree-state.js';
import {selectedIn, targetsIn} from '../state/list-items.js';
import type {Data, View, Work} from '../work/controller.js';
import {planBuilder} from '../work/plan.js';
import type {ContainerRow} from './builder-row.js';

type Action = (controller: View & Work & Data) => void | Promise<void>;

/** The builder, if it is the row under the cursor. */
export const selectedBuilder = ({listItems, getState}: View): ContainerRow | undefined => {
	const row = selectedIn(listItems(), getState(), 'containers');
	return row?.builder && row;
};

/** The builder, if actions apply to it: the cursor is on it, and no container is marked. */
export const targetBuilder = (controller: View): ContainerRow | undefined => {
	const row = selectedBuilder(controller);
	return row && targetsIn(controller.listItems(), controller.getState(), 'containers').includes(row) ? row : undefined;
};

/** An action that does something else with the builder than with containers. */
export const unlessBuilder = (onBuilder: Action, onContainers: Action): Action => async controller =>
	(targetBuilder(controller) ? onBuilder : onContainers)(controller);

const confirm = (verb: Parameters<typeof planBuilder>[0]) => (controller: View & Work & Data) => {
	const {builder} = controller.store.getState().snapshot ?? {};
	controller.confirm(builder && planBuilder(verb, builder.status), 'There is no builder: the first build makes it');
};

export const stopBuilder = (controller: View & Work & Data) => {
	if (controller.store.getState().snapshot?.builder?.status.state === 'running') {
		confirm('stopBuilder')(controller);
	} else {
		controller.notify('The builder does not run');
	}
};

export const removeBuilder = confirm('removeBuilder');

export const pruneBuilder = confirm('pruneBuilder');

export const startBuilder = async (controller: View & Work & Data) => {
	if (controller.store.getState().snapshot?.builder?.status.state === 'running') {
		controller.notify('The builder runs already');
		return;
	}

	await controller.work('Starting the builder', async engine => {
		await builderOf(engine).start();
		return {result: 'Started the builder'};
	}, {commands: ['holm builder start'], repeat() {
		void startBuilder(controller);
	}});
};

export const inspectBuilder = (controller: View & Data) => {
	const {builder} = controller.store.getState().snapshot ?? {};
	if (builder) {
		controller.set({view: 'inspect', inspect: openTree('Builder', builder.status)});
	}
};
