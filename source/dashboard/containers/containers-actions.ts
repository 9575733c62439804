import {inspectBuilder, pruneBuilder, removeBuilder, startBuilder, stopBuilder, unlessBuilder} from '../builder/builder-actions.js';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, View, Work} from '../work/controller.js';
import {failureOf} from '../work/execute.js';
import {openForm} from '../forms/form-state.js';
import {openTree} from '../inspect/tree-state.js';
import {planDisconnect, planPrune, planRemoveContainers, planSignal} from '../work/plan.js';
import {selectedIn, targetsIn} from '../state/list-items.js';
import {clean} from '../../text/fit.js';
import {askName} from '../views/resolve.js';

const selected = (controller: View) => selectedIn(controller.listItems(), controller.getState(), 'containers');

/** The builder is never among them. */
const targets = (controller: View) => targetsIn(controller.listItems(), controller.getState(), 'containers').filter(({builder}) => !builder);

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

const confirmSignal = (verb: 'stop' | 'restart' | 'kill') => (controller: View & Work) => {
	controller.confirm(planSignal(verb, targets(controller)), `Nothing to ${verb}`);
};

const join = (type: 'shell' | 'attach') => async (controller: Controller) => {
	const container = selected(controller);
	if (type === 'attach' && container?.builder) {
		controller.notify('Attach: not for the builder');
		return;
	}

	if (container?.status.state !== 'running') {
		controller.notify(container ? `${clean(container.name)} is ${container.status.state === 'paused' ? 'paused; p resumes it' : 'not running; s starts it'}` : 'No container selected');
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

const start = async (controller: View & Work) => {
	const stopped = targets(controller).filter(({status: {state}}) => state === 'exited' || state === 'created');
	if (stopped.length === 0) {
		const [first] = targets(controller);
		controller.notify(first ? `${clean(first.name)} ${first.status.state === 'paused' ? 'is paused; p resumes it' : 'runs already; e opens a shell'}` : 'No container selected');
		return;
	}

	await controller.work(`Starting ${stopped.map(({name}) => name).join(', ')}`, async (engine, {signal}) => {
		const results = await Promise.allSettled(stopped.map(async ({id}) => signal.aborted ? undefined : engine.startContainer(id)));
		const failures = results.flatMap((result, index) => result.status === 'rejected' ? [failureOf(stopped[index]!.name, result.reason)] : []);
		if (failures.length > 0) {
			controller.fail('Some containers did not start', failures);
		}
	});
};

const pause = async (controller: View & Work) => {
	const chosen = targets(controller).filter(({status: {state}}) => state === 'running' || state === 'paused');
	await controller.work('Pausing or resuming', async engine => {
		for (const {id, status} of chosen) {
			await (status.state === 'paused' ? engine.unpauseContainer(id) : engine.pauseContainer(id));
		}
	});
};

const connect = (controller: View & Work & Data) => {
	const chosen = targets(controller);
	const {networks = []} = controller.store.getState().snapshot ?? {};
	const choices = networks.filter(({id}) => chosen.some(({attachments}) => !attachments.some(({networkId}) => networkId === id)));
	if (chosen.length === 0 || choices.length === 0) {
		controller.notify('No other network to connect to');
		return;
	}

	controller.open({
		type: 'choose',
		title: `Connect ${chosen.map(({name}) => name).join(', ')} to`,
		choices: choices.map(({id, name, subnet}) => ({id, label: `${name}  ${subnet}`})),
		index: 0,
		take(network) {
			void controller.work('Connecting', async engine => {
				for (const {id} of chosen) {
					await engine.connectNetwork(id, {network, aliases: []});
				}
			});
		},
	});
};

const disconnect = (controller: View & Work & Data) => {
	const chosen = targets(controller);
	const {networks = []} = controller.store.getState().snapshot ?? {};
	const choices = networks.filter(({id}) => chosen.some(({attachments}) => attachments.some(({networkId}) => networkId === id)));
	if (choices.length === 0) {
		controller.notify('Not connected to any network');
		return;
	}

	controller.open({
		type: 'choose',
		title: `Disconnect ${chosen.map(({name}) => name).join(', ')} from`,
		choices: choices.map(({id, name, subnet}) => ({id, label: `${name}  ${subnet}`})),
		index: 0,
		take(id) {
			const network = choices.find(choice => choice.id === id)!;
			controller.confirm(planDisconnect(network, chosen.filter(({attachments}) => attachments.some(({networkId}) => networkId === id))), 'No container is connected to it');
		},
	});
};

const remove = (controller: View & Work & Data) => {
	const {snapshot} = controller.store.getState();
	controller.confirm(snapshot && planRemoveContainers(targets(controller), snapshot), 'Nothing to remove');
};

const showLogs = (isBootLog: boolean) => (controller: View) => {
	const chosen = targets(controller);
	const {lists, logs} = controller.getState();
	controller.set({
		view: 'main',
		focus: 'logs',
		followed: lists.containers.marks.size > 0 ? chosen.map(({id}) => id) : undefined,
		isBootLog,
		logs: {...logs, position: {type: 'following'}},
	});
};

export const containersActions: Actions = {
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
	'containers.prune': unlessBuilder(pruneBuilder, controller => {
		const {snapshot} = controller.store.getState();
		controller.confirm(snapshot && planPrune('containers', snapshot), 'No stopped containers');
	}),
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
	'containers.copy'(controller) {
		const container = selected(controller);
		if (container) {
			controller.terminal.copy(container.id);
			controller.notify(`Copied the id of ${clean(container.name)}`);
		}
	},
};
