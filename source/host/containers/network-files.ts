/** What may stand in these files: a name that a query can carry. */
const isName = (name: string) => /^[\w.\-]{1,253}$/v.test(name);

export type HostsOptions = {
	readonly hostname: string;
	/** Addresses of the container, first network first. */
	readonly addresses: readonly string[];
	/** `name:address`, or `name=address`; the address `host-gateway` is the host's. */
	readonly extraHosts: readonly string[];
	/** Where containers reach the host. */
	readonly hostAddress: string;
};

/** A container's `/etc/hosts`. */
export const hostsFile = ({hostname, addresses, extraHosts, hostAddress}: HostsOptions): string => {
	const extra = extraHosts.flatMap(text => {
		const [, name = '', address = ''] = /^(?<name>[^:=]+)[:=](?<address>.+)$/v.exec(text) ?? [];
		return isName(name) ? [`${address === 'host-gateway' ? hostAddress : address.replaceAll(/[^\d.:a-f]/giv, '')}\t${name}`] : [];
	});
	return [
		'127.0.0.1\tlocalhost',
		'::1\tlocalhost ip6-localhost ip6-loopback',
		...extra,
		...addresses.map(address => `${address}\t${hostname}`),
		'',
	].join('\n');
};

export type ResolverOptions = {
	/** Gateways of the container's networks, that of the one to ask first. */
	readonly gateways: readonly string[];
	readonly dnsServers: readonly string[];
	readonly dnsSearch: readonly string[];
};

/**
A container's `/etc/resolv.conf`, resolv.conf(5).

One gateway is enough: its name server answers a container from all of its networks. Servers that the user names come instead, as in Docker's default network.
*/
export const resolverFile = ({gateways, dnsServers, dnsSearch}: ResolverOptions): string => {
	const servers = dnsServers.length > 0 ? dnsServers : gateways.slice(0, 1);
	const search = dnsSearch.filter(domain => isName(domain));
	return [
		...servers.slice(0, 3).map(server => `nameserver ${server}`),
		...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
		'options ndots:0',
		'',
	].join('\n');
};
