import {inspectBuilder, pruneBuilder, removeBuilder, startBuilder, stopBuilder, unlessBuilder} from '../builder/builder-actions.js';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, Setting, View, Work} from '../work/controller.js';
import {failureOf} from '../work/execute.js';
import {openForm} from '../forms/form-state.js';
import {sortActions} from '../lists/sort-actions.js';
import {openTree} from '../inspect/tree-state.js';
import {
	planConnect,
	planDisconnect,
	planPause,
	planPrune,
	planRemoveContainers,
	planSignal,
	type Plan,
} from '../work/plan.js';
import {namesOf} from '../work/result.js';
import {inOrder, ofProject} from '../lists/project-plan.js';
import {projectId, projectOf} from '../lists/projects.js';
import {containerTargets, leftOut, nothingText, targetProject, withLeftOut} from '../lists/targets.js';
import {selectedIn, selectedProject} from '../state/list-items.js';
import {clean} from '../../text/fit.js';
import {lastEndOf, showEnd} from '../views/show-ended.js';
import {askName} from '../views/resolve.js';

const selected = (controller: View) => selectedIn(controller.listItems(), controller.getState(), 'containers');

const targets = containerTargets;

/** Opens the form of a new container; `image` is filled in. */
export const createContainer = async (controller: View, image = '') => {
	const {containerForm} = await import('../forms/container-form.js');
	const network = selectedIn(controller.listItems(), controller.getState(), 'networks');
	const {view, focus} = controller.getState();
	controller.open({
		type: 'form',
		form: openForm(containerForm, {image, start: 'yes', ...(view === 'main' && focus === 'networks' && network && {networks: network.name})}),
	});
};

/** Confirms a plan for the targets: in order, with what it leaves out. */
const confirmInOrder = (controller: View & Work, plan: Plan | undefined, direction: 'start' | 'end', nothing: string) => {
	const chosen = targets(controller);
	const total = plan?.items.length ?? 0;
	controller.confirm(
		plan && withLeftOut(controller, 'containers', ofProject(inOrder(plan, chosen, direction), targetProject(controller), total)),
		nothingText(controller, 'containers', nothing),
	);
};

const confirmSignal = (verb: 'stop' | 'restart' | 'kill') => (controller: View & Work) => {
	confirmInOrder(controller, planSignal(verb, targets(controller)), verb === 'restart' ? 'start' : 'end', `Nothing to ${verb}`);
};

const join = (type: 'shell' | 'attach') => async (controller: Controller) => {
	const container = selected(controller);
	if (type === 'attach' && container?.builder) {
		controller.notify('Attach: not for the builder');
		return;
	}

	if (container?.status.state !== 'running') {
		const project = selectedProject(controller.listItems(), controller.getState());
		const text = project ? `${clean(project.name)} is a project: choose one of its containers` : 'No container selected';
		controller.notify(container ? `${clean(container.name)} is not running` : text);
		return;
	}

	const {id, name} = container;
	try {
		const engine = controller.store.engine();
		controller.notify(await controller.terminal.handOver(async () => controller.joinSession(engine, {type, containerId: id, name})));
	} catch (error) {
		controller.fail(type === 'shell' ? `Cannot open a shell in ${name}` : `Cannot attach to ${name}`, [failureOf(name, error)]);
	}
};

/** Executes a plan that needs no question, unless it leaves out something that is not on the screen. */
const executeOrAsk = async (controller: View & Work, plan: Plan) => {
	if (leftOut(controller, 'containers') === undefined) {
		await controller.execute(plan);
	} else {
		controller.confirm(withLeftOut(controller, 'containers', plan), '');
	}
};

const start = async (controller: View & Work) => {
	const chosen = targets(controller);
	const plan = planSignal('start', chosen);
	if (plan.items.length === 0) {
		const text = chosen.length === 0 ? 'No container selected' : `Already running: ${namesOf(chosen, 'container')}`;
		controller.notify(nothingText(controller, 'containers', leftOut(controller, 'containers') ?? text));
		return;
	}

	await executeOrAsk(controller, ofProject(inOrder(plan, chosen, 'start'), targetProject(controller), plan.items.length));
};

const pause = async (controller: View & Work) => {
	const chosen = targets(controller);
	const plan = planPause(chosen);
	if (plan.items.length === 0) {
		controller.notify(nothingText(controller, 'containers', chosen.length === 0 ? 'No container selected' : `Not running: ${namesOf(chosen, 'container')}`));
		return;
	}

	await executeOrAsk(controller, plan);
};

const connect = (controller: View & Work & Data) => {
	const chosen = targets(controller);
	const {networks = []} = controller.store.getState().snapshot ?? {};
	const choices = networks.filter(({id}) => chosen.some(({attachments}) => !attachments.some(({networkId}) => networkId === id)));
	if (chosen.length === 0 || choices.length === 0) {
		controller.notify(nothingText(controller, 'containers', 'No other network to connect to'));
		return;
	}

	controller.open({
		type: 'choose',
		title: `Connect ${chosen.map(({name}) => name).join(', ')} to`,
		choices: choices.map(({id, name, subnet}) => ({id, label: `${name}  ${subnet}`})),
		index: 0,
		take(id) {
			void executeOrAsk(controller, planConnect(choices.find(choice => choice.id === id)!, chosen));
		},
	});
};

const disconnect = (controller: View & Work & Data) => {
	const chosen = targets(controller);
	const {networks = []} = controller.store.getState().snapshot ?? {};
	const choices = networks.filter(({id}) => chosen.some(({attachments}) => attachments.some(({networkId}) => networkId === id)));
	if (choices.length === 0) {
		controller.notify(nothingText(controller, 'containers', 'Not connected to any network'));
		return;
	}

	controller.open({
		type: 'choose',
		title: `Disconnect ${chosen.map(({name}) => name).join(', ')} from`,
		choices: choices.map(({id, name, subnet}) => ({id, label: `${name}  ${subnet}`})),
		index: 0,
		take(id) {
			const network = choices.find(choice => choice.id === id)!;
			const plan = planDisconnect(network, chosen.filter(({attachments}) => attachments.some(({networkId}) => networkId === id)));
			controller.confirm(withLeftOut(controller, 'containers', plan), 'No container is connected to it');
		},
	});
};

const remove = (controller: View & Work & Data) => {
	const {snapshot} = controller.store.getState();
	const chosen = targets(controller);
	confirmInOrder(controller, snapshot && chosen.length > 0 ? planRemoveContainers(chosen, snapshot) : undefined, 'end', 'Nothing to remove');
};

const showLogs = (isBootLog: boolean) => (controller: View) => {
	const chosen = targets(controller);
	const {lists, logs} = controller.getState();
	const left = leftOut(controller, 'containers');
	if (left !== undefined) {
		controller.notify(left);
	}

	controller.set({
		view: 'main',
		focus: 'logs',
		followed: lists.containers.marks.size > 0 && chosen.length > 0 ? chosen.map(({id}) => id) : undefined,
		isBootLog,
		logs: {...logs, position: {type: 'following'}},
	});
};

const openSelected = async (controller: View & Data & Setting) => {
	const container = selected(controller);
	const {marks} = controller.getState().lists.containers;
	const ended = container && !container.builder && marks.size === 0 ? lastEndOf(controller, container) : undefined;
	if (container && ended) {
		await showEnd(controller, container.name, ended, container);
	} else {
		showLogs(false)(controller);
	}
};

/** The project of the row under the cursor: its heading, or one of its containers. */
const projectAtCursor = (controller: View): string | undefined => {
	const container = selected(controller);
	return container ? projectOf(container) : selectedProject(controller.listItems(), controller.getState())?.name;
};

const allProjects = ({listItems}: View): readonly string[] => listItems().rows.flatMap(row => row.type === 'project' ? [row.project.name] : []);

const isFiltered = (controller: View): boolean => {
	const isNow = controller.getState().lists.containers.filter !== '';
	if (isNow) {
		controller.notify('A filter shows what it finds in all projects; they fold without it');
	}

	return isNow;
};

/** Folds the project under the cursor; if it is folded already, all of them. The cursor goes to its heading. */
const fold = (controller: View) => {
	const name = projectAtCursor(controller);
	if (isFiltered(controller)) {
		return;
	}

	if (name === undefined) {
		controller.notify('Not in a project');
		return;
	}

	const {folded, lists} = controller.getState();
	const now = new Set([...folded, ...(folded.has(name) ? allProjects(controller) : [name])]);
	controller.set({folded: now, lists: {...lists, containers: {...lists.containers, selectedId: projectId(name)}}});
};

/** Unfolds the project under the cursor; if it is unfolded already, all of them. */
const unfold = (controller: View) => {
	const name = projectAtCursor(controller);
	const {folded} = controller.getState();
	if (isFiltered(controller)) {
		return;
	}

	if (folded.size === 0) {
		controller.notify('No project is folded');
		return;
	}

	controller.set({folded: new Set(name !== undefined && folded.has(name) ? [...folded].filter(other => other !== name) : [])});
};

export const containersActions: Actions = {
	...sortActions,
	'containers.open': openSelected,
	'containers.logs': showLogs(false),
	'containers.bootLog': showLogs(true),
	'containers.allLogs'(controller) {
		const running = controller.listItems().containers.filter(({status: {state}, builder}) => state === 'running' && !builder).map(({id}) => id);
		controller.set({view: 'main', focus: 'logs', followed: running, isBootLog: false});
	},
	'containers.inspect'(controller) {
		const container = selected(controller);
		if (container?.builder) {
			inspectBuilder(controller);
		} else if (container) {
			controller.set({view: 'inspect', inspect: openTree(`Container ${container.name}`, container)});
		} else {
			const project = selectedProject(controller.listItems(), controller.getState());
			if (project) {
				controller.set({view: 'inspect', inspect: openTree(`Project ${project.name}`, {name: project.name, containers: project.containers})});
			}
		}
	},
	'containers.shell': join('shell'),
	'containers.attach': join('attach'),
	'containers.create': async controller => createContainer(controller),
	'containers.start': unlessBuilder(startBuilder, start),
	'containers.stop': unlessBuilder(stopBuilder, confirmSignal('stop')),
	'containers.restart': confirmSignal('restart'),
	'containers.kill': confirmSignal('kill'),
	'containers.pause': pause,
	'containers.remove': unlessBuilder(removeBuilder, remove),
	'containers.connect': connect,
	'containers.disconnect': disconnect,
	'containers.prune'(controller) {
		const {snapshot} = controller.store.getState();
		controller.confirm(snapshot && planPrune('containers', snapshot), 'No stopped containers');
	},
	'containers.pruneCache': pruneBuilder,
	'containers.machine'({set}) {
		set({view: 'machine'});
	},
	'containers.resolve'(controller) {
		askName(controller, targets(controller), '');
	},
	'containers.stopped'({getState, set}) {
		set({areStoppedShown: !getState().areStoppedShown});
	},
	'containers.fold': fold,
	'containers.unfold': unfold,
	'containers.copy'(controller) {
		const container = selected(controller);
		if (container) {
			controller.terminal.copy(container.id);
			controller.notify(`Copied the id of ${clean(container.name)}`);
		}
	},
};
