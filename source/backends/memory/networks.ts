import {type NetworksVerbs, defaultNetwork} from '../../engine/networks.js';
import type {
	Pruned,
	Attachment,
	Lease,
	NetworkConfiguration,
} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {nextSubnet, validateNetwork} from '../../rules/networks/ipam.js';
import {filterOf} from '../../rules/filters.js';
import {networkRules, pruneRules} from '../../rules/item-filters.js';
import {requestedNetworks} from '../../rules/networks/attachments.js';
import {mtuOf} from '../../rules/networks/mtu.js';
import {networkName} from '../../rules/names.js';
import {findContainer, findNetwork} from '../../rules/find-resource.js';
import {change} from './container-record.js';
import {zoneOf} from './dns.js';
import {describeNetwork, planAttachment, publishConnection} from './endpoints.js';
import {publish, type NetworkRecord, type State} from './state.js';

const reserved = new Set([defaultNetwork, 'default', 'host', 'none']);

/** Adds a network. Throws, without changing anything, for a name or subnet that is refused. */
export const addNetwork = (state: State, configuration: NetworkConfiguration): NetworkRecord => {
	const {name: given, driver, internal, labels, options, ...addresses} = configuration;
	if (driver !== '' && driver !== 'bridge') {
		throw new HolmError('unsupported', `there is no network driver ${JSON.stringify(driver.slice(0, 60))}`, {remedy: 'bridge is the only one'});
	}

	mtuOf(options);
	const name = networkName(given);
	const same = state.networks.values().find(network => network.name === name);
	if (same) {
		throw new HolmError('conflict', `network with name ${name} already exists`, {remedy: 'choose another name'});
	}

	const others = state.networks.values().map(network => ({subnet: network.subnet, by: `network ${network.name}`})).toArray();
	const subnet = addresses.subnet ?? nextSubnet({taken: others.map(other => other.subnet)});
	const plan = validateNetwork({...addresses, subnet}, others);
	const id = state.random.hex(64);
	const network: NetworkRecord = {
		id, name, createdAt: state.now(), driver: 'bridge', ...plan, internal, labels: {...labels}, ...options && {options}, bridge: `br-${id.slice(0, 12)}`,
	};
	state.networks.set(id, network);
	return network;
};

const drop = (state: State, {id, name}: NetworkRecord) => {
	state.networks.delete(id);
	publish(state, {type: 'network', action: 'destroy', id, attributes: {name, type: 'bridge'}});
};

/** The leases of containers that run: they keep a network from being removed, as in Docker. */
const heldLeases = (state: State, network: NetworkRecord): readonly Lease[] =>
	describeNetwork(state, network).leases.filter(({isResting}) => !isResting);

/** Whether the network of an attachment was removed while its container did not run. */
const isLost = ({networks}: State, {networkId}: Attachment): boolean => !networks.has(networkId);

export const networksVerbs = (state: State): NetworksVerbs => ({
	async networks(filters) {
		return [...state.networks.values()].map(network => describeNetwork(state, network)).filter(filterOf(filters, networkRules));
	},
	async network(reference) {
		return describeNetwork(state, findNetwork(state.networks, reference));
	},
	async createNetwork(configuration) {
		if (reserved.has(configuration.name)) {
			throw new HolmError('forbidden', `operation is not permitted on predefined ${configuration.name} network`, {remedy: 'choose another name'});
		}

		const {id, name} = addNetwork(state, configuration);
		publish(state, {type: 'network', action: 'create', id, attributes: {name, type: 'bridge'}});
		return {id};
	},
	async removeNetwork(reference) {
		const network = findNetwork(state.networks, reference);
		if (network.name === defaultNetwork) {
			throw new HolmError('forbidden', `${defaultNetwork} is a pre-defined network and cannot be removed`, {remedy: 'it is always there'});
		}

		const held = heldLeases(state, network);
		if (held.length > 0) {
			const holders = held.map(({containerName, endpointId}) => `name:"${containerName}" id:"${endpointId.slice(0, 12)}"`).join(', ');
			throw new HolmError('conflict', `error while removing network: network ${network.name} has active endpoints (${holders})`, {remedy: 'stop its containers, or disconnect them'});
		}

		drop(state, network);
	},
	async connectNetwork(reference, wanted) {
		const record = findContainer(state.containers, reference);
		const {container} = record;
		const network = findNetwork(state.networks, wanted.network);
		if (container.attachments.some(({networkId}) => networkId === network.id)) {
			if (!record.run) {
				return;
			}

			throw new HolmError('conflict', `endpoint with name ${container.name} already exists in network ${network.name}`, {remedy: 'it is connected already'});
		}

		if (container.configuration.networks.some(({network: name}) => name === 'none')) {
			throw new HolmError('forbidden', `container ${container.name} cannot be connected to multiple networks with one of the networks in private (none) mode`, {remedy: 'make it without the network none'});
		}

		const attachment = planAttachment(state, wanted, {isRunning: record.run !== undefined});
		// It takes the place of a removed network of its name.
		const others = container.attachments.filter(other => other.network !== network.name || !isLost(state, other));
		const requested = requestedNetworks(container).filter(other => other.network !== network.name);
		change(record, {
			attachments: [...others, attachment],
			configuration: {...container.configuration, networks: [...requested, {...wanted, network: network.name}]},
		});
		if (record.run) {
			publishConnection(state, record, 'connect', [attachment]);
		}
	},
	async disconnectNetwork(reference, containerReference) {
		const record = findContainer(state.containers, containerReference);
		const {container} = record;
		const lost = container.attachments.find(attachment =>
			isLost(state, attachment) && [attachment.network, attachment.networkId].includes(reference));
		const network = lost ? {id: lost.networkId, name: lost.network} : findNetwork(state.networks, reference);
		const attachment = container.attachments.find(({networkId}) => networkId === network.id);
		if (!attachment) {
			throw new HolmError('conflict', `container ${container.name} is not connected to network ${network.name}`, {remedy: 'there is nothing to do'});
		}

		if (record.run) {
			publishConnection(state, record, 'disconnect', [attachment]);
		}

		change(record, {
			attachments: container.attachments.filter(other => other !== attachment),
			configuration: {...container.configuration, networks: requestedNetworks(container).filter(wanted => wanted.network !== network.name)},
		});
	},
	async pruneNetworks(filters): Promise<Pruned> {
		const isWanted = filterOf(filters, pruneRules(({labels}: NetworkRecord) => labels, state.now()));
		const unused = [...state.networks.values()]
			.filter(network => network.name !== defaultNetwork && heldLeases(state, network).length === 0);
		const going = unused.filter(network => isWanted(network));
		for (const network of going) {
			drop(state, network);
		}

		publish(state, {type: 'network', action: 'prune', id: '', attributes: {reclaimed: '0'}});
		return {removed: going.map(({name}) => name), freedBytes: 0};
	},
	async dnsRecords(reference) {
		return zoneOf(state, findNetwork(state.networks, reference));
	},
});
