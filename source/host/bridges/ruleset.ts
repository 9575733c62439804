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
	/** The namespace's end of the link to the host, and the address that the host has on it. */
	readonly link: {readonly device: string; readonly hostAddress: string};
	readonly bridges: ReadonlyArray<{readonly bridge: string; readonly subnet: string; readonly gateway: string; readonly internal: boolean}>;
	/** Everything that may speak: the leases, by tap. */
	readonly taps: ReadonlyArray<{readonly tap: string; readonly bridge: string; readonly mac: string; readonly address: string}>;
};

/** On frames that pass from port to port of a bridge, as opposed to packets that are routed. */
const bridgedMark = '0x686f6c6d';

const set = (name: string, type: string, elements: readonly string[]) => `
	set ${name} {
		type ${type}
		${elements.length > 0 ? `elements = { ${elements.join(', ')} }` : ''}
	}`;

/**
The rules of the whole namespace as one nft script, which replaces the old ones in one transaction: no packet sees half of it, and established connections go on.

What one bridge sends to another is dropped. Bridges that are not internal may open connections through the link, and the host's own address on the link may open connections to every container; both leave with the address of the device they leave by, so that the host needs no route to any subnet, and a container answers the host through the network on which it was asked, even without a default route. To the namespace itself a container may send only DNS and echo requests, and only to the gateway of its own network.

Within a network packets pass from port to port and are never routed: what a container sends to the gateway for an address of its own network would only have the kernel look for neighbours that are not there, and the table of neighbours is shared with the host. Where bridge netfilter is on (Docker loads its module, and that sets it in every namespace), what passes from port to port comes through the chain `forward` as well; it is told from routed packets by the mark that it got on the bridge.

From the namespace itself only root and the name server send. QEMU of every machine is in it too, as a user of its own; one that was taken over by its guest reaches nothing.

Per tap, on the bridge, only frames of its lease pass: MAC address, IPv4 address, and ARP of the one shape that IPv4 over Ethernet has, with the lease as its sender. Everything else is dropped: another's address (so no container can play the gateway), IPv6 and VLANs, which no lease covers, and DHCP, which only a guest that pretends speaks here. Frames to the group addresses that a bridge keeps for itself (LLDP's, for one) come in on the tap and not on the bridge, past the bridge's rules; the chain `prerouting` drops those.
*/
export const rulesetOf = ({link, bridges, taps}: RulesetConfiguration): string => {
	const uplink = `"${deviceName(link.device)}"`;
	const host = formatAddress(parseAddress(link.hostAddress));
	const networks = bridges.map(({bridge, subnet, gateway, internal}) => ({
		bridge: `"${deviceName(bridge)}"`,
		subnet: formatCidr(parseCidr(subnet)),
		gateway: formatAddress(parseAddress(gateway)),
		internal,
	}));
	const leases = taps.map(({tap, mac, address}) => ({
		tap: `"${deviceName(tap)}"`,
		mac: parseMac(mac),
		address: formatAddress(parseAddress(address)),
	}));
	const forwarding = ({bridge, subnet, internal}: typeof networks[number]) => [
		`iifname ${uplink} oifname ${bridge} ip saddr ${host} ip daddr ${subnet} accept`,
		...(internal ? [] : [`iifname ${bridge} oifname ${uplink} ip saddr ${subnet} accept`]),
	].map(rule => `\t\t${rule}`).join('\n');
	const bridgeNames = networks.map(({bridge}) => bridge);
	const gateways = networks.map(({bridge, gateway}) => `${bridge} . ${gateway}`);
	const macs = leases.map(({tap, mac}) => `${tap} . ${mac}`);
	const sources = leases.map(({tap, mac, address}) => `${tap} . ${mac} . ${address}`);
	return `table inet holm
delete table inet holm
table inet holm {${set('bridges', 'ifname', bridgeNames)}${set('gateways', 'ifname . ipv4_addr', gateways)}
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

/** Replaces the rules of a namespace. Where the kernel refuses one, all old ones stay. */
export const applyRuleset = async (namespace: In, script: string): Promise<void> => nft(script, {namespace: namespace.path});
