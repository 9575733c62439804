import {existsSync} from 'node:fs';
import {nft} from './programs.js';

/** Client addresses and ports remembered at once. When there are more, answers to the others leave from the address of the route. */
const maximumClients = 65_536;

type Family = {
	readonly family: 'ip' | 'ip6';
	readonly address: string;
	/** What identifies a client's address, of a packet and of its answer. nft 1.0.6 cannot build a map with three parts whose first is an IPv6 address, so of that it is the lower half, where hosts differ. */
	readonly client: {readonly type: string; readonly source: string; readonly destination: string};
};

const families: readonly Family[] = [
	{family: 'ip', address: 'ip daddr', client: {type: 'ip saddr', source: 'ip saddr', destination: 'ip daddr'}},
	{family: 'ip6', address: 'ip6 daddr', client: {type: '@nh,128,64', source: '@nh,128,64', destination: '@nh,256,64'}},
];

const rulesOf = (table: string, ports: readonly number[], {family, address, client}: Family): string => `table ${family} ${table} {
	map asked {
		typeof ${client.type} . udp sport . udp dport : ${address}
		flags dynamic,timeout
		timeout 2m
		size ${maximumClients}
	}
	chain input {
		type filter hook input priority filter; policy accept;
		udp dport { ${ports.join(', ')} } update @asked { ${client.source} . udp sport . udp dport : ${address} }
	}
	chain output {
		type route hook output priority raw; policy accept;
		udp sport { ${ports.join(', ')} } ${family} saddr set ${client.destination} . udp dport . udp sport map @asked
	}
}
`;

/** The rules for ports that listen on all addresses; without ports, none. */
export const udpAnswersOf = (device: string, ports: readonly number[], {hasIpv6 = true} = {}): string => families.filter(({family}) => family === 'ip' || hasIpv6).map(family => {
	const table = `${device}-udp`;
	return `table ${family.family} ${table}
delete table ${family.family} ${table}
${ports.length > 0 ? rulesOf(table, ports, family) : ''}`;
}).join('');

/**
Lets answers from UDP ports leave from the address that the client has asked, as clients expect. A socket that listens on all addresses answers from the address of the route, such as 127.0.0.1 to a question for 127.0.0.2, and Node has no IP_PKTINFO to say otherwise.

The kernel notes the address that each client asked, and sets it in the answers before connection tracking sees them.
*/
export const applyUdpAnswers = async (device: string, ports: readonly number[], host?: string): Promise<void> => {
	// A kernel without IPv6 has no such tables.
	await nft(udpAnswersOf(device, ports, {hasIpv6: existsSync('/proc/net/if_inet6')}), {namespace: host});
};
