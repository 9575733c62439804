/** Whether a name is allowed in these files: only what a DNS query can carry. */
const isName = (name: string) => /^[\w.\-]{1,253}$/v.test(name);

/** One line of `/etc/hosts`. */
export type HostName = {readonly address: string; readonly names: readonly string[]};

export type HostsOptions = {
	readonly hostname: string;
	readonly domainName?: string;
	/** Linked containers. */
	readonly links?: readonly HostName[];
	/** Addresses of the container, in the order of its networks. */
	readonly addresses: readonly string[];
	/** `name:address` or `name=address`. The address `host-gateway` stands for the host. */
	readonly extraHosts: readonly string[];
	/** Address at which containers reach the host. */
	readonly hostAddress: string;
};

/** A container's `/etc/hosts`. */
export const hostsFile = ({hostname, domainName, links = [], addresses, extraHosts, hostAddress}: HostsOptions): string => {
	const extra = extraHosts.flatMap(text => {
		const [, name = '', address = ''] = /^(?<name>[^:=]+)[:=](?<address>.+)$/v.exec(text) ?? [];
		return isName(name) ? [`${address === 'host-gateway' ? hostAddress : address.replaceAll(/[^\d.:a-f]/giv, '')}\t${name}`] : [];
	});
	return [
		'127.0.0.1\tlocalhost',
		'::1\tlocalhost ip6-localhost ip6-loopback',
		...extra,
		...links.map(({address, names}) => `${address}\t${names.join(' ')}`),
		...addresses.map(address => `${address}\t${domainName === undefined ? '' : `${hostname}.${domainName} `}${hostname}`),
		'',
	].join('\n');
};

export type ResolverOptions = {
	/** Gateways of the container's networks; the first one is asked first. */
	readonly gateways: readonly string[];
	readonly dnsServers: readonly string[];
	readonly dnsSearch: readonly string[];
	readonly dnsOptions?: readonly string[];
};

/**
A container's `/etc/resolv.conf`, resolv.conf(5).

One gateway is enough, because its name server knows all networks of the container. `dnsServers` replace it, as on Docker's default network.
*/
export const resolverFile = ({gateways, dnsServers, dnsSearch, dnsOptions = []}: ResolverOptions): string => {
	const servers = dnsServers.length > 0 ? dnsServers : gateways.slice(0, 1);
	const search = dnsSearch.filter(domain => isName(domain));
	return [
		...servers.slice(0, 3).map(server => `nameserver ${server}`),
		...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
		`options ${[...dnsOptions, ...dnsOptions.some(option => option.startsWith('ndots:')) ? [] : ['ndots:0']].join(' ')}`,
		'',
	].join('\n');
};
