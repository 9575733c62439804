import {recordsOf, type ZoneMember} from '../../rules/networks/zone.js';
import type {DnsRecord, Network} from '../../engine/resources.js';
import {defaultNetwork} from './endpoints.js';
import type {ContainerRecord, State} from './state.js';

/** The containers that a network's name server knows: those that run. The default network has no names. */
const membersOf = ({containers}: State, network: Network): readonly ZoneMember[] => network.name === defaultNetwork
	? []
	: containers.values().filter(({run}) => run !== undefined).flatMap(({container}) =>
		container.attachments.filter(({networkId}) => networkId === network.id).map(({address, aliases}) => ({
			containerId: container.id,
			address,
			names: [container.name, container.id.slice(0, 12), ...container.configuration.hostname === undefined ? [] : [container.configuration.hostname], ...aliases],
		}))).toArray();

/** What the name server of a network knows. */
export const zoneOf = (state: State, network: Network): readonly DnsRecord[] => recordsOf({gateway: network.gateway}, membersOf(state, network));

/** The addresses of a name as a container finds them: in its own `/etc/hosts`, then on its networks. */
export const resolveFor = (state: State, {container}: ContainerRecord, given: string): readonly string[] => {
	const name = given.toLowerCase().replace(/\.$/v, '');
	const {attachments, configuration} = container;
	if (name === 'localhost') {
		return ['127.0.0.1'];
	}

	if (/^\d{1,3}(?:\.\d{1,3}){3}$/v.test(name)) {
		return [name];
	}

	if (name === (configuration.hostname ?? container.id.slice(0, 12))) {
		return [attachments[0]?.address ?? '127.0.0.1'];
	}

	const extra = configuration.extraHosts.filter(host => host.split(':', 1)[0]!.toLowerCase() === name).map(host => host.slice(host.indexOf(':') + 1));
	if (extra.length > 0) {
		return extra.map(address => address === 'host-gateway' ? attachments[0]?.gateway ?? '127.0.0.1' : address);
	}

	for (const {networkId} of attachments) {
		const network = state.networks.get(networkId);
		const found = network ? zoneOf(state, network).filter(record => record.type === 'A' && record.name === name).map(record => record.value) : [];
		if (found.length > 0) {
			return found;
		}
	}

	return [];
};

/** Whether an address answers from a container's networks: its gateways, and the containers that run there. */
export const answersTo = ({containers}: State, {container}: ContainerRecord, address: string): boolean => {
	if (address.startsWith('127.') || container.attachments.some(attachment => attachment.gateway === address)) {
		return true;
	}

	const networks = new Set(container.attachments.map(({networkId}) => networkId));
	return containers.values().some(other => other.run !== undefined && !other.run.frozen && other.container.attachments.some(attachment => networks.has(attachment.networkId) && attachment.address === address));
};
