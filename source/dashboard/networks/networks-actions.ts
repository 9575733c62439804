import type {Actions} from '../work/actions.js';
import type {Data, View} from '../work/controller.js';
import {openForm} from '../forms/form-state.js';
import {openTree} from '../inspect/tree-state.js';
import {planConnect, planDisconnect, planPrune, planRemoveNetworks} from '../work/plan.js';
import {namesOf} from '../work/result.js';
import {exactly} from '../lists/query.js';
import {nothingText, withLeftOut} from '../lists/targets.js';
import {selectedIn, targetsIn} from '../state/list-items.js';
import {nextSubnet} from '../state/subnets.js';
import {clean} from '../../text/fit.js';

const selected = (controller: View) => selectedIn(controller.listItems(), controller.getState(), 'networks');

const chooseContainer = (
	controller: View & Data,
	title: string,
	isWanted: (isConnected: boolean) => boolean,
	take: (id: string, networkId: string) => void,
) => {
	const network = selected(controller);
	const {containers = []} = controller.store.getState().snapshot ?? {};
	const choices = containers.filter(({attachments}) => isWanted(attachments.some(({networkId}) => networkId === network?.id)));
	if (!network || choices.length === 0) {
		controller.notify('No container to choose');
		return;
	}

	controller.open({
		type: 'choose',
		title: `${title} ${network.name}`,
		choices: choices.map(({id, name, status}) => ({id, label: `${name}  ${status.state}`})),
		index: 0,
		take(id) {
			take(id, network.id);
		},
	});
};

export const networksActions: Actions = {
	'networks.containers'(controller) {
		const network = selected(controller);
		if (network) {
			const {lists} = controller.getState();
			controller.set({
				view: 'main', focus: 'containers', followed: undefined,
				lists: {...lists, containers: {...lists.containers, filter: exactly('network', network.name.toLowerCase()), selectedId: undefined, index: 0}},
			});
			controller.notify(`Containers of ${clean(network.name)}; Esc shows all`);
		}
	},
	'networks.inspect'(controller) {
		const network = selected(controller);
		if (network) {
			controller.set({view: 'inspect', inspect: openTree(`Network ${network.name}`, network)});
		}
	},
	'networks.addresses'({set}) {
		set({view: 'addresses'});
	},
	'networks.records'(controller) {
		const network = selected(controller);
		const {lists} = controller.getState();
		controller.set({view: 'dns', lists: {...lists, dns: {...lists.dns, filter: network ? exactly('network', network.name.toLowerCase()) : ''}}});
	},
	async 'networks.create'(controller) {
		const {networkForm} = await import('../forms/network-form.js');
		controller.open({type: 'form', form: openForm(networkForm, {subnet: nextSubnet(controller.store.getState().snapshot?.networks ?? [])})});
	},
	'networks.connect'(controller) {
		chooseContainer(controller, 'Connect to', isConnected => !isConnected, (id, network) => {
			const {containers = [], networks = []} = controller.store.getState().snapshot ?? {};
			const chosen = networks.find(candidate => candidate.id === network);
			if (chosen) {
				void controller.execute(planConnect(chosen, containers.filter(container => container.id === id)));
			}
		});
	},
	'networks.disconnect'(controller) {
		chooseContainer(controller, 'Disconnect from', isConnected => isConnected, (id, networkId) => {
			const {containers = [], networks = []} = controller.store.getState().snapshot ?? {};
			const network = networks.find(candidate => candidate.id === networkId);
			controller.confirm(network && planDisconnect(network, containers.filter(container => container.id === id)), 'The network is gone');
		});
	},
	'networks.remove'(controller) {
		const {snapshot} = controller.store.getState();
		const networks = targetsIn(controller.listItems(), controller.getState(), 'networks');
		const plan = snapshot && networks.length > 0 ? planRemoveNetworks(networks, snapshot) : undefined;
		const nothing = networks.length === 0 ? 'No network selected' : `${namesOf(networks, 'network')}: the engine needs it itself and does not remove it`;
		controller.confirm(withLeftOut(controller, 'networks', plan), nothingText(controller, 'networks', nothing));
	},
	'networks.prune'(controller) {
		const {snapshot} = controller.store.getState();
		controller.confirm(snapshot && planPrune('networks', snapshot), 'No unused networks');
	},
	'networks.copy'(controller) {
		const network = selected(controller);
		if (network) {
			controller.terminal.copy(network.id);
			controller.notify(`Copied the id of ${clean(network.name)}`);
		}
	},
};
