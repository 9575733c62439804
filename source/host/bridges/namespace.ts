import {createHash} from 'node:crypto';
import {lstat} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {
	blockOf,
	formatAddress,
	isOverlapping,
	parseAddress,
	parseCidr,
	type Cidr,
} from '../../rules/networks/cidr.js';
import {takeEveryStep} from '../every-step.js';
import {orMissing} from '../store/missing.js';
import {closeForwarding, openForwarding} from './forwarding.js';
import {acceptForwarding, withdrawForwarding} from './host-firewall.js';
import {
	ipBatch,
	links,
	nft,
	routes,
	rules,
	runIn,
	sysctl,
	type IpLink,
} from './programs.js';
import {walledMark} from './ruleset.js';
import {applyUdpAnswers} from './udp-answers.js';

/** The network namespace of one engine, and its link to the host. */
export type Namespace = {
	/** `holm-` and eight hexadecimal digits, derived from the engine's root. Also the name of the host's end of the link and of the engine's nft table on the host. */
	readonly name: string;
	/** `/run/netns/NAME`. */
	readonly path: string;
	/** The host's address on the link. Processes of the host reach containers from this source address. */
	readonly hostAddress: string;
	readonly namespaceAddress: string;
	readonly hostDevice: string;
	/** The namespace's end of the link. */
	readonly device: string;
	/** The state of the host's firewall after opening, as `stateOfRules` reads it. */
	readonly hostRules: string;
};

export type NamespaceOptions = {
	/** Path of the host's network namespace, replaced in tests; default the caller's. */
	readonly host?: string;
};

/** The block reserved for benchmarks (RFC 2544, appendix C.2.2), which is not used on the internet. Not 100.64.0.0/10, because Tailscale drops it on other devices, and clouds use it for their machines. */
const linkPool = parseCidr('198.18.0.0/15');
const linkPrefixLength = 30;
const linkCount = 2 ** (linkPrefixLength - linkPool.prefixLength);

const device = 'host';

/** Before the rules of VPN clients (Tailscale's start at 5210, WireGuard's are just below 32766). The rule only applies to the link's source address. */
const rulePriority = 1000;

const identityOf = (root: string) => {
	const hash = createHash('sha256').update(path.resolve(root)).digest('hex');
	const name = `holm-${hash.slice(0, 8)}`;
	return {
		name,
		path: `/run/netns/${name}`,
		/** Start of the search for a free block. */
		start: Number.parseInt(hash.slice(0, 8), 16) % linkCount,
		/** Far from the small numbers that administrators choose. */
		table: 0x10_00_00_00 + Number.parseInt(hash.slice(0, 7), 16),
	};
};

type Identity = ReturnType<typeof identityOf>;

/** The name of the engine's namespace, and of the host's end of its link. */
export const namespaceNameOf = (root: string): string => identityOf(root).name;

/** Whether the file of the namespace exists. It may lack its mount. */
const hasFile = async ({path: file}: Identity): Promise<boolean> => await orMissing(lstat(file)) !== undefined;

/** Whether the engine's namespace is there, also one that lacks its mount. */
export const hasNamespace = async (root: string): Promise<boolean> => hasFile(identityOf(root));

type Link = {readonly hostAddress: string; readonly namespaceAddress: string};

const addressOf = (found: readonly IpLink[], name: string): number | undefined => {
	const address = found.find(({ifname}) => ifname === name)?.addr_info?.find(({family, prefixlen}) => family === 'inet' && prefixlen === linkPrefixLength);
	return address && parseAddress(address.local);
};

/** The existing link, if both ends are there and have the two addresses of one block. The kernel's state is the only record. */
const existingLink = (identity: Identity, onHost: readonly IpLink[], inside: readonly IpLink[]): Link | undefined => {
	const hostAddress = addressOf(onHost, identity.name);
	const namespaceAddress = addressOf(inside, device);
	return hostAddress !== undefined && hostAddress + 1 === namespaceAddress
		? {hostAddress: formatAddress(hostAddress), namespaceAddress: formatAddress(namespaceAddress)}
		: undefined;
};

const freeLink = async ({name, start}: Identity, host: string | undefined): Promise<Link> => {
	const found = await routes({namespace: host});
	const taken: readonly Cidr[] = found
		.filter(({dst, dev}) => dst !== 'default' && dev !== name)
		.map(({dst}) => dst.includes('/') ? parseCidr(dst) : blockOf(parseAddress(dst), 32))
		.filter(({prefixLength}) => prefixLength > 1);
	for (let offset = 0; offset < linkCount; offset++) {
		const block = {first: linkPool.first + (((start + offset) % linkCount) * 4), prefixLength: linkPrefixLength};
		if (taken.every(other => !isOverlapping(other, block))) {
			return {hostAddress: formatAddress(block.first + 1), namespaceAddress: formatAddress(block.first + 2)};
		}
	}

	throw new HolmError('unavailable', 'no block of 198.18.0.0/15 is free for the link between the engine and the host', {remedy: 'remove a route of the host that covers it'});
};

/** The devices of the namespace; undefined if it does not exist, or only its file does, without a mount. */
const linksInside = async (identity: Identity): Promise<readonly IpLink[] | undefined> => {
	try {
		return await links({namespace: identity.path});
	} catch (error) {
		// After any other error the namespace may exist, with machines in it.
		if (error instanceof HolmError && /no such file|invalid argument/iv.test(error.message)) {
			return undefined;
		}

		throw error;
	}
};

const removeNamespace = async (identity: Identity, host: string | undefined): Promise<void> => {
	if (await hasFile(identity)) {
		await runIn('ip', ['netns', 'delete', identity.name], {namespace: host});
	}
};

const ensureNamespace = async (identity: Identity, host: string | undefined): Promise<readonly IpLink[]> => {
	const inside = await hasFile(identity) ? await linksInside(identity) : undefined;
	if (inside) {
		return inside;
	}

	await removeNamespace(identity, host);
	await runIn('ip', ['netns', 'add', identity.name], {namespace: host});
	// A new namespace has only its loopback device.
	return [];
};

const ensureLink = async (identity: Identity, inside: readonly IpLink[], host: string | undefined): Promise<Link> => {
	const onHost = await links({namespace: host});
	const existing = existingLink(identity, onHost, inside);
	if (existing) {
		return existing;
	}

	// Remove an incomplete link. Deleting either end deletes both.
	if (onHost.some(({ifname}) => ifname === identity.name)) {
		await ipBatch([`link delete dev ${identity.name}`], {namespace: host});
	} else if (inside.some(({ifname}) => ifname === device)) {
		await ipBatch([`link delete dev ${device}`], {namespace: identity.path});
	}

	const link = await freeLink(identity, host);
	await ipBatch([
		`link add ${identity.name} type veth peer name ${device} netns ${identity.name}`,
		`address add ${link.hostAddress}/${linkPrefixLength} dev ${identity.name}`,
	], {namespace: host});
	await ipBatch([
		`address add ${link.namespaceAddress}/${linkPrefixLength} dev ${device}`,
	], {namespace: identity.path});
	return link;
};

const configureInside = async ({path: namespace}: Identity, {hostAddress}: Link): Promise<void> => {
	await sysctl({
		'net.ipv6.conf.all.disable_ipv6': 1,
		'net.ipv6.conf.default.disable_ipv6': 1,
		'net.ipv4.ip_forward': 1,
		// A new namespace copies the host's settings, which may differ for `all`, `default` and each device.
		'net.ipv4.conf.default.forwarding': 1,
		[`net.ipv4.conf.${device}.forwarding`]: 1,
		'net.ipv4.ip_unprivileged_port_start': 0,
		// A gateway answers ARP on its own bridge only, and sends no redirects.
		'net.ipv4.conf.all.arp_ignore': 1,
		'net.ipv4.conf.all.arp_announce': 2,
		'net.ipv4.conf.all.accept_redirects': 0,
		// No source routing.
		'net.ipv4.conf.all.accept_source_route': 0,
		'net.ipv4.conf.all.send_redirects': 0,
		'net.ipv4.conf.default.send_redirects': 0,
		// Bridged frames are filtered in the bridge table only. Docker loads a module that passes them to the IP rules too.
		'net.bridge.bridge-nf-call-iptables': 0,
		'net.bridge.bridge-nf-call-arptables': 0,
	}, {namespace});
	await ipBatch([
		'link set dev lo up',
		`link set dev ${device} up`,
		`route replace default via ${hostAddress} dev ${device}`,
	], {namespace});
};

/** Resolves with the state of the host's firewall. */
const configureHost = async (identity: Identity, {hostAddress, namespaceAddress}: Link, host: string | undefined): Promise<string> => {
	const {name, table} = identity;
	const existing = await rules({namespace: host});
	const own = existing.filter(rule => rule.table === String(table));
	const isWanted = ({src, priority}: typeof own[number]) => src === hostAddress && priority === rulePriority;
	// Before the device comes up, or it would get a link-local IPv6 address.
	await sysctl({[`net.ipv6.conf.${name}.disable_ipv6`]: 1}, {namespace: host});
	await ipBatch([
		`link set dev ${name} up`,
		`route replace default via ${namespaceAddress} dev ${name} table ${table}`,
		...own.filter(rule => !isWanted(rule)).map(({priority, src}) => `rule delete priority ${priority} from ${src} lookup ${table}`),
		...(own.some(rule => isWanted(rule)) ? [] : [`rule add priority ${rulePriority} from ${hostAddress} lookup ${table}`]),
	], {namespace: host});
	await openForwarding({
		device: name,
		namespace: host,
		// Clamp the segment size to the path MTU, because a tunnel's smaller MTU is often not announced (RFC 4459, section 3.2).
		rules: `table ip ${name}
delete table ip ${name}
table ip ${name} {
	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "${name}" oifname "holm-*" drop
		iifname "${name}" ip dscp ${walledMark} ip dscp set 0x0
		iifname "${name}" tcp flags syn tcp option maxseg size set rt mtu
	}
	chain input {
		type filter hook input priority filter; policy accept;
		iifname "${name}" ip dscp ${walledMark} drop
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr ${namespaceAddress} oifname != "${name}" masquerade
	}
}
`,
	});
	return acceptForwarding({device: name, namespace: host});
};

/** Repairs the host's side of an engine's link. Does not touch the link or the namespace, in which machines run. */
export const repairHostSide = async (root: string, link: Pick<Namespace, 'hostAddress' | 'namespaceAddress'>): Promise<string> => configureHost(identityOf(root), link, undefined);

/**
Makes the engine's network namespace and its link to the host, or repairs them. Changes nothing if both are correct.

On the host it adds a device and an nft table `ip`, both named `holm-…` (the table masquerades outbound traffic), and a policy rule with its own routing table for packets from the link's address. It enables forwarding, see `openForwarding`, and adds rules to the host's firewall if needed, see `acceptForwarding`.

Throws `HolmError` with the failed command. The next call continues from what was made.
*/
export const openNamespace = async (root: string, {host}: NamespaceOptions = {}): Promise<Namespace> => {
	const identity = identityOf(root);
	const inside = await ensureNamespace(identity, host);
	const link = await ensureLink(identity, inside, host);
	const [hostRules] = await Promise.all([configureHost(identity, link, host), configureInside(identity, link)]);
	return {
		name: identity.name, path: identity.path, ...link, hostDevice: identity.name, device, hostRules,
	};
};

/**
Removes everything that `openNamespace` made, if it exists, including everything in the namespace.

Continues past errors and throws them together as an `AggregateError`. Processes in the namespace keep it alive, without its link, until they end.
*/
export const closeNamespace = async (root: string, {host}: NamespaceOptions = {}): Promise<void> => {
	const identity = identityOf(root);
	const {name, table} = identity;
	const steps = [
		async () => withdrawForwarding({device: name, namespace: host}),
		async () => nft(`table ip ${name}\ndelete table ip ${name}\n`, {namespace: host}),
		async () => applyUdpAnswers(name, [], host),
		async () => {
			const existing = await rules({namespace: host});
			await ipBatch(existing
				.filter(rule => rule.table === String(table))
				.map(({priority, src}) => `rule delete priority ${priority} from ${src} lookup ${table}`), {namespace: host});
		},
		async () => {
			const onHost = await links({namespace: host});
			await ipBatch(onHost.filter(({ifname}) => ifname === name).map(() => `link delete dev ${name}`), {namespace: host});
		},
		async () => closeForwarding({device: name, namespace: host}),
		async () => removeNamespace(identity, host),
	];
	await takeEveryStep(steps, `the network namespace ${name} could not be removed completely`);
};
