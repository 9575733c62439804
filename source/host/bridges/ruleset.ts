import {nameServerId} from '../dns/user.js';
import {
	formatAddress,
	formatCidr,
	parseAddress,
	parseCidr,
} from '../../rules/networks/cidr.js';
import {parseMac} from '../../rules/networks/mac.js';
import {deviceName, type In} from './bridge.js';
import {nft} from './programs.js';

export type RulesetConfiguration = {
	/** The namespace's end of the link to the host, and the host's address on the link. */
	readonly link: {readonly device: string; readonly hostAddress: string};
	/** A walled one leads out, and not to the host; default false. */
	readonly bridges: ReadonlyArray<{
		readonly bridge: string;
		readonly subnet: string;
		readonly gateway: string;
		readonly internal: boolean;
		readonly isWalled?: boolean;
	}>;
	/** The leases, by tap. Everything else is dropped. */
	readonly taps: ReadonlyArray<{readonly tap: string; readonly bridge: string; readonly mac: string; readonly address: string}>;
};

/** Mark, in the field for differentiated services, of packets that must not reach the host itself. Marks of the kernel do not leave a namespace. */
export const walledMark = '0x3f';

/** Mark of frames that are bridged, not routed. */
const bridgedMark = '0x686f6c6d';

const set = (name: string, type: string, elements: readonly string[]) => `
	set ${name} {
		type ${type}
		${elements.length > 0 ? `elements = { ${elements.join(', ')} }` : ''}
	}`;

/**
The rules of the whole namespace as one nft script, which replaces the old rules in one transaction. Established connections continue.

Traffic between bridges is dropped. Bridges that are not internal may open connections through the link, and the host's address on the link may open connections to every container. Both are masqueraded, so the host needs no route to the subnets, and a container answers the host through the right network, even without a default route. To the namespace itself a container may send only DNS and echo requests, and only to the gateway of its own network. As in Docker, the gateway is also the host: what else a container sends there goes to the host's address on the link, unless its network is internal. A walled network leads out and not to the host: its packets carry a mark that the host's side drops where it would take them itself, and the addresses of the link, where clouds have their metadata, are out of reach.

Within a network packets are bridged and never routed. Otherwise packets to the gateway for addresses of the same network would fill the neighbour table, which is shared with the host. If bridge netfilter is on (Docker loads its module, which enables it in every namespace), bridged packets also pass the chain `forward`. They are recognised by the mark that they got on the bridge.

In the namespace itself only root and the name server may send. Every machine's QEMU is in it too, as its own user, so a compromised QEMU cannot reach anything.

For each tap the bridge passes only frames of its lease: with its MAC and IPv4 address, and ARP for IPv4 over Ethernet with the lease as its sender. Everything else is dropped: other source addresses (so no container can impersonate the gateway), IPv6, VLANs, and DHCP, which no guest needs. Frames to link-local group addresses (such as LLDP) arrive on the tap instead of the bridge and skip the bridge's rules; the chain `prerouting` drops them.
*/
export const rulesetOf = ({link, bridges, taps}: RulesetConfiguration): string => {
	const uplink = `"${deviceName(link.device)}"`;
	const host = formatAddress(parseAddress(link.hostAddress));
	const networks = bridges.map(({bridge, subnet, gateway, internal, isWalled = false}) => ({
		bridge: `"${deviceName(bridge)}"`,
		subnet: formatCidr(parseCidr(subnet)),
		gateway: formatAddress(parseAddress(gateway)),
		internal,
		isWalled,
	}));
	const leases = taps.map(({tap, mac, address}) => ({
		tap: `"${deviceName(tap)}"`,
		mac: parseMac(mac),
		address: formatAddress(parseAddress(address)),
	}));
	const forwarding = ({bridge, subnet, internal, isWalled}: typeof networks[number]) => [
		`iifname ${uplink} oifname ${bridge} ip saddr ${host} ip daddr ${subnet} accept`,
		...(isWalled ? [
			`iifname ${bridge} ip daddr 169.254.0.0/16 drop`,
			`iifname ${bridge} oifname ${uplink} ip dscp set ${walledMark}`,
		] : []),
		...(internal ? [] : [`iifname ${bridge} oifname ${uplink} ip saddr ${subnet} accept`]),
	].map(rule => `\t\t${rule}`).join('\n');
	const bridgeNames = networks.map(({bridge}) => bridge);
	const gateways = networks.map(({bridge, gateway}) => `${bridge} . ${gateway}`);
	const waysToHost = networks.filter(({internal, isWalled}) => !internal && !isWalled).map(({bridge, gateway}) => `${bridge} . ${gateway}`);
	const macs = leases.map(({tap, mac}) => `${tap} . ${mac}`);
	const sources = leases.map(({tap, mac, address}) => `${tap} . ${mac} . ${address}`);
	return `table inet holm
delete table inet holm
table inet holm {${set('bridges', 'ifname', bridgeNames)}${set('gateways', 'ifname . ipv4_addr', gateways)}${set('ways_to_host', 'ifname . ipv4_addr', waysToHost)}
	chain prerouting {
		type filter hook prerouting priority raw; policy drop;
		iifname { "lo", ${uplink} } accept
		iifname @bridges accept
	}
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		ct state invalid drop
		iifname . ip daddr @gateways udp dport 53 accept
		iifname . ip daddr @gateways tcp dport 53 accept
		iifname . ip daddr @gateways icmp type echo-request accept
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		iifname @bridges meta mark ${bridgedMark} accept
${networks.map(network => forwarding(network)).join('\n')}
	}
	chain output {
		type filter hook output priority filter; policy drop;
		meta skuid { 0, ${nameServerId} } accept
		meta skuid != { 0, ${nameServerId} } counter drop
		ct state established,related accept
	}
	chain destinations {
		type nat hook prerouting priority dstnat; policy accept;
		iifname . ip daddr @ways_to_host meta l4proto { tcp, udp } th dport != 53 dnat ip to ${host}
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname ${uplink} masquerade
		ip saddr ${host} oifname @bridges masquerade
	}
}
table bridge holm
delete table bridge holm
table bridge holm {${set('macs', 'ifname . ether_addr', macs)}${set('leases', 'ifname . ether_addr . ipv4_addr', sources)}
	chain prerouting {
		type filter hook prerouting priority -300; policy drop;
		iifname . ether saddr != @macs drop
		udp dport { 67, 68 } drop
		ether type ip iifname . ether saddr . ip saddr @leases accept
		ether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp operation { request, reply } iifname . arp saddr ether . arp saddr ip @leases accept
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		meta mark set ${bridgedMark}
	}
}
`;
};

/** Replaces the rules of a namespace. If the kernel rejects one, all old rules stay. */
export const applyRuleset = async (namespace: In, script: string): Promise<void> => nft(script, {namespace: namespace.path});
