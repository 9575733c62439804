import net from 'node:net';
import type {DnsRecord} from '../../engine/resources.js';

/** A container on one network. */
export type ZoneMember = {
	readonly containerId: string;
	/** IPv4 or IPv6. */
	readonly address: string;
	/** Its name first, to which its address resolves; then short id, host name and aliases, in any case. */
	readonly names: readonly string[];
};

/**
Seconds for which a client may cache a record: short, because a recreated container of the same name has another address.
*/
export const recordTtlSeconds = 5;

const hostNames = ['host.container.internal', 'host.docker.internal'];

/** Whether a query can carry a name, RFC 1035 section 3.1: labels of 1 to 63 bytes, 255 bytes in all with their lengths. */
export const isDomainName = (name: string): boolean =>
	name.length <= 253 && name.split('.').every(label => /^[\u{21}-\u{7E}]{1,63}$/v.test(label) && !label.includes('\\'));

/** `1.64.168.192.in-addr.arpa` for 192.168.64.1, RFC 1035 section 3.5; nibbles below `ip6.arpa` for IPv6, RFC 3596 section 2.5. */
export const reverseNameOf = (address: string): string => {
	if (net.isIPv4(address)) {
		return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
	}

	// The canonical form has no embedded IPv4 address but for ::ffff:0:0/96, which no network here uses.
	const {hostname} = new URL(`http://[${address}]`);
	const [head = '', tail] = hostname.slice(1, -1).split('::', 2);
	const groupsOf = (text: string) => text === '' ? [] : text.split(':');
	const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
	const zeros = Array.from({length: 8 - first.length - last.length}, () => '0');
	const nibbles = [...first, ...zeros, ...last].map(group => group.padStart(4, '0')).join('');
	return `${[...nibbles].toReversed().join('.')}.ip6.arpa`;
};

const recordsOfName = (name: string, address: string, containerId?: string): DnsRecord => ({
	name,
	type: net.isIPv6(address) ? 'AAAA' : 'A',
	value: address,
	ttlSeconds: recordTtlSeconds,
	...containerId !== undefined && {containerId},
});

const pointerOf = (name: string, address: string, containerId?: string): DnsRecord => ({
	name: reverseNameOf(address),
	type: 'PTR',
	value: name,
	ttlSeconds: recordTtlSeconds,
	...containerId !== undefined && {containerId},
});

/** The records of names that one client gives to containers. Names that no query can carry are left out. */
export const clientRecordsOf = (
	names: ReadonlyArray<Pick<ZoneMember, 'containerId' | 'address'> & {readonly name: string}>,
): readonly DnsRecord[] => names
	.filter(({name}) => isDomainName(name))
	.map(({name, address, containerId}) => recordsOfName(name.toLowerCase(), address, containerId));

/**
The records of one network: each member under all its names, the host under `host.container.internal` and `host.docker.internal`, and the reverse names.

A name shared by several members has all their addresses. Names that no query can carry, and members' names that belong to the host, are left out.
*/
export const recordsOf = (
	{gateway, hostAddress = gateway}: {
		readonly gateway: string;
		/** Where containers reach the host; default the gateway. */
		readonly hostAddress?: string;
	},
	members: readonly ZoneMember[],
): DnsRecord[] => {
	const records = [
		...hostNames.map(name => recordsOfName(name, hostAddress)),
		pointerOf(hostNames[0]!, hostAddress),
	];
	for (const {containerId, address, names} of members) {
		const usable = [...new Set(names.map(name => name.toLowerCase()))].filter(name => isDomainName(name) && !hostNames.includes(name));
		records.push(...usable.map(name => recordsOfName(name, address, containerId)));
		if (usable[0] !== undefined) {
			records.push(pointerOf(usable[0], address, containerId));
		}
	}

	return records;
};
