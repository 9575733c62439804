import type {Attachment, Container, DnsRecord} from '../../engine/resources.js';
import {linkedNamesOf} from '../../rules/networks/linked-names.js';
import {bridgeNameOf, tapNameOf} from '../bridges/bridge.js';
import type {Forward} from '../bridges/forward.js';
import type {RulesetConfiguration} from '../bridges/ruleset.js';
import {membersOf} from '../../rules/networks/attachments.js';
import {mtuOf} from '../../rules/networks/mtu.js';
import {recordsOf} from '../../rules/networks/zone.js';
import type {NameServerTable} from '../dns/server.js';
import type {NetworkDevice} from '../machines/guest-protocol.js';
import {defaultNetwork, type NetworkRecord} from './context.js';

type Link = {readonly device: string; readonly hostAddress: string};

/** The rules of the namespace: the bridges of all networks and the taps of connected containers. */
export const rulesetFor = (link: Link, networks: readonly NetworkRecord[], connected: readonly Container[]): RulesetConfiguration => ({
	link,
	bridges: networks.map(({id, subnet, gateway, internal, role}) => ({
		bridge: bridgeNameOf(id), subnet, gateway, internal, isWalled: role === 'builder',
	})),
	taps: connected.flatMap(({attachments}) => attachments.map(({endpointId, networkId, mac, address}) => ({
		tap: tapNameOf(endpointId), bridge: bridgeNameOf(networkId), mac, address,
	}))),
});

/** The other networks of each container on several networks, by its address on this one. */
const viewsOf = (network: NetworkRecord, connected: readonly Container[]): Readonly<Record<string, readonly string[]>> =>
	Object.fromEntries(connected.flatMap(({attachments}) => {
		const here = attachments.find(({networkId}) => networkId === network.id);
		const others = attachments.filter(({networkId}) => networkId !== network.id).map(attachment => attachment.network);
		return here && others.length > 0 ? [[here.address, others] as const] : [];
	}));

/** The names that containers give to others by their links, by the addresses of those containers on a network. */
const clientRecordsFor = (
	networks: readonly NetworkRecord[],
	connected: readonly Container[],
): ((network: NetworkRecord) => Readonly<Record<string, readonly DnsRecord[]>>) => {
	const linked = connected.filter(({configuration}) => [configuration, ...configuration.networks].some(({links = []}) => links.length > 0));
	const members = new Map(linked.length > 0 ? networks.map(network => [network.id, membersOf(network, connected)] as const) : []);
	const clients = linked.map(container => ({
		attachments: container.attachments, records: linkedNamesOf(container, ({networkId}) => members.get(networkId) ?? []),
	})).filter(({records}) => records.length > 0);
	return ({id}) => Object.fromEntries(clients.flatMap(({attachments, records}) => attachments
		.filter(({networkId}) => networkId === id)
		.map(({address}) => [address, records] as const)));
};

/** The name servers that containers request, by their address on a network. Those on the default network ask theirs without the network's. */
const clientUpstreamsOf = (network: NetworkRecord, connected: readonly Container[]): Readonly<Record<string, readonly string[]>> => {
	const askers = connected.filter(({configuration}) => configuration.dnsServers.length > 0);
	return Object.fromEntries(askers.flatMap(({attachments, configuration}) => attachments
		.filter(({networkId}) => networkId === network.id)
		.map(({address}) => [address, configuration.dnsServers] as const)));
};

export const nameServerTableFor = (
	{hostAddress}: Link,
	networks: readonly NetworkRecord[],
	connected: readonly Container[],
	upstreams: readonly string[],
): NameServerTable => {
	const recordsFor = clientRecordsFor(networks, connected);
	const zones = networks.map(network => ({
		network: network.name,
		address: network.gateway,
		forward: !network.internal,
		records: recordsOf({gateway: network.gateway, hostAddress}, membersOf(network, connected)),
		views: viewsOf(network, connected),
		clientRecords: recordsFor(network),
		clientUpstreams: clientUpstreamsOf(network, connected),
	}));
	return {zones, upstreams};
};

/** The listeners of a container's published ports, which forward to its first network; none without a network. */
export const forwardsFor = ({id, attachments, ports}: Container): readonly Forward[] => attachments[0]
	? ports.map(({hostAddress, hostPort, containerPort, protocol}) => ({
		id, hostAddress, hostPort, protocol, targetAddress: attachments[0]!.address, targetPort: containerPort,
	}))
	: [];

/** The attachment with the default route: the first one whose network is not internal. */
export const wayOut = (attachments: readonly Attachment[], networks: ReadonlyMap<string, NetworkRecord>): Attachment | undefined =>
	attachments.find(({networkId}) => networks.get(networkId)?.internal === false);

/** The network devices of a container, named in the order of its networks. */
export const devicesFor = (attachments: readonly Attachment[], networks: ReadonlyMap<string, NetworkRecord>): readonly NetworkDevice[] => {
	const out = wayOut(attachments, networks);
	return attachments.map((attachment, index) => ({
		endpointId: attachment.endpointId,
		tap: tapNameOf(attachment.endpointId),
		name: `eth${index}`,
		mac: attachment.mac,
		address: attachment.address,
		prefixLength: attachment.prefixLength,
		...attachment === out && {gateway: attachment.gateway},
		mtu: mtuOf(networks.get(attachment.networkId)?.options),
	}));
};
