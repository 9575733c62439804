import {Buffer} from 'node:buffer';
import * as rules from '../../rules/networks/attachments.js';
import {linkedNamesOf} from '../../rules/networks/linked-names.js';
import {recordsOf, type ZoneMember} from '../../rules/networks/zone.js';
import type {Attachment, DnsRecord} from '../../engine/resources.js';
import type {FileTree} from './file-tree.js';
import type {ContainerRecord, NetworkRecord, State} from './state.js';

/** The running containers on a network. */
const membersOf = ({containers}: State, network: NetworkRecord): readonly ZoneMember[] =>
	rules.membersOf(network, [...containers.values()].filter(({run}) => run !== undefined).map(({container}) => container));

/** The records of a network's name server. */
export const zoneOf = (state: State, network: NetworkRecord): readonly DnsRecord[] =>
	recordsOf({gateway: network.gateway}, membersOf(state, network));

/** The IPv4 addresses of a name in a container's `/etc/hosts`. */
const addressesIn = (files: FileTree, name: string): readonly string[] => {
	const node = files.find('/etc/hosts')?.node;
	const lines = node?.type === 'file' ? Buffer.from(node.content).toString().split('\n') : [];
	return lines.flatMap(line => {
		const [address = '', ...names] = line.split('#', 1)[0]!.trim().split(/\s+/v);
		return /^[\d.]+$/v.test(address) && names.some(other => other.toLowerCase() === name) ? [address] : [];
	});
};

/** Resolves a name for a container: from its `/etc/hosts`, then from its networks. */
export const resolveFor = (state: State, {container, files}: ContainerRecord, given: string): readonly string[] => {
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

	const written = addressesIn(files, name);
	if (written.length > 0) {
		return written;
	}

	const extra = configuration.extraHosts.filter(host => host.split(':', 1)[0]!.toLowerCase() === name).map(host => host.slice(host.indexOf(':') + 1));
	if (extra.length > 0) {
		return extra.map(address => address === 'host-gateway' ? attachments[0]?.gateway ?? '127.0.0.1' : address);
	}

	const on = <Item>({networkId}: Attachment, list: (state: State, network: NetworkRecord) => readonly Item[]) => {
		const network = state.networks.get(networkId);
		return network ? list(state, network) : [];
	};

	const linked = linkedNamesOf(container, attachment => on(attachment, membersOf));
	for (const records of [linked, ...attachments.map(attachment => on(attachment, zoneOf))]) {
		const found = records.filter(record => record.type === 'A' && record.name === name).map(record => record.value);
		if (found.length > 0) {
			return found;
		}
	}

	return [];
};

/** Whether a host answers at an address on a container's networks: a gateway or a running container. */
export const isAnswering = ({containers}: State, {container: {attachments}}: ContainerRecord, address: string): boolean => {
	const networks = new Set(attachments.map(({networkId}) => networkId));
	const isThere = ({run, container}: ContainerRecord) => run && !run.frozen
		&& container.attachments.some(other => networks.has(other.networkId) && other.address === address);
	return address.startsWith('127.') || attachments.some(({gateway}) => gateway === address) || containers.values().some(record => isThere(record));
};
