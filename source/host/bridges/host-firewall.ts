import {
	isInstalled,
	links,
	nft,
	routes,
	runIn,
} from './programs.js';

/**
Packets that a host forwards pass every program's rules, and one that drops them has the last word: a rule of the engine's own table cannot undo it. So where something of the host drops what it does not know (Docker and ufw set the policy of iptables' FORWARD chain, firewalld has a last rule, an administrator's nftables.conf a policy), the engine asks for its one device there, in the way that program offers, and marks what it added with the device's name. Where nothing drops, nothing is added.

It asks for the ways out alone, and for the answers. Docker keeps DOCKER-USER ahead of its own rules, and what is accepted there or at the head of any other chain has passed them all: what goes to another program's bridge is left to that program's rules.

A reload of that program may lose the mark; opening the namespace again restores it.
*/
type Host = {readonly device: string; readonly namespace?: string};

type Chain = {readonly family: string; readonly table: string; readonly name: string; readonly hook?: string; readonly policy?: string};
type Rule = {readonly family: string; readonly table: string; readonly chain: string; readonly handle: number; readonly comment?: string};
type NftObject = {readonly chain?: Chain; readonly rule?: Rule; readonly table?: {readonly family: string; readonly name: string}};

const nftObjects = async (namespace?: string): Promise<readonly NftObject[]> => {
	const {stdout} = await runIn('nft', ['-j', '-a', 'list', 'ruleset'], {namespace});
	const {nftables} = JSON.parse(stdout) as {nftables: readonly NftObject[]};
	return nftables;
};

/** The filter table as iptables has it, in whichever of its two variants the host uses; empty without iptables. */
const iptablesLines = async (namespace?: string): Promise<readonly string[]> => {
	if (!await isInstalled('iptables')) {
		return [];
	}

	const {stdout, exitCode} = await runIn('iptables', ['-w', '-S'], {namespace, accept: [0, 1, 2, 3, 4]});
	return exitCode === 0 ? stdout.split('\n') : [];
};

/** What containers and virtual machines of other programs are joined with. Everything else is the host's own. */
const othersKinds = new Set(['bridge', 'veth', 'vxlan', 'geneve', 'ipip', 'dummy', 'ipvlan', 'macvlan', 'openvswitch']);

/** A default route, or one of the two halves that VPN clients write to outrank the real one. */
const isDefault = ({dst}: {readonly dst: string}) => dst === 'default' || dst === '0.0.0.0/1' || dst === '128.0.0.0/1';

/** The devices that lead out of the host: its own ones, and whatever else has a default route, as a host's only bridge may. */
const waysOut = async (namespace?: string): Promise<readonly string[]> => {
	const [devices, found] = await Promise.all([links({namespace}), routes({namespace})]);
	const defaults = new Set(found.filter(route => isDefault(route)).map(({dev}) => dev));
	return devices
		.filter(({ifname, linkinfo}) => defaults.has(ifname) || !othersKinds.has(linkinfo?.info_kind ?? ''))
		.map(({ifname}) => ifname)
		// The engines' own links have a routing table each, with a default route. A name that nft or iptables could take for a pattern is left out.
		.filter(name => name !== 'lo' && !name.startsWith('holm-') && /^[\w.@\-]+$/v.test(name));
};

/** The words of the rules that carry the device's mark, from their chain on. */
const markedRules = (lines: readonly string[], device: string): ReadonlyArray<readonly string[]> => lines
	.map(line => line.split(' ').map(word => word.replaceAll('"', '')))
	.filter(words => words[0] === '-A' && words[words.indexOf('--comment') + 1] === device)
	.map(([, ...words]) => words);

/** Docker keeps DOCKER-USER for others' rules, across its own restarts and ahead of its own. */
const acceptInIptables = async ({device, namespace}: Host, lines: readonly string[], out: readonly string[]) => {
	const chain = lines.includes('-N DOCKER-USER') && lines.some(line => line.startsWith('-A FORWARD -j DOCKER-USER')) ? 'DOCKER-USER' : 'FORWARD';
	const mark = ['-m', 'comment', '--comment', device, '-j', 'ACCEPT'];
	const wanted = lines.includes('-P FORWARD DROP') ? [
		...out.map(name => [chain, '-i', device, '-o', name, ...mark]),
		[chain, '-o', device, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', ...mark],
	] : [];
	const present = markedRules(lines, device);
	const isAmong = (rules: ReadonlyArray<readonly string[]>, rule: readonly string[]) => rules.some(other => other.join(' ') === rule.join(' '));
	for (const rule of wanted.filter(rule => !isAmong(present, rule))) {
		await runIn('iptables', ['-w', '-I', ...rule], {namespace});
	}

	for (const rule of present.filter(rule => !isAmong(wanted, rule))) {
		await runIn('iptables', ['-w', '-D', ...rule], {namespace});
	}
};

const removeFromIptables = async ({device, namespace}: Host) => {
	const lines = await iptablesLines(namespace);
	for (const rule of markedRules(lines, device)) {
		await runIn('iptables', ['-w', '-D', ...rule], {namespace});
	}
};

/** What deletes the rules that carry the device's mark. */
const deletions = (objects: readonly NftObject[], device: string) => objects.flatMap(({rule}) =>
	rule?.comment === device ? `delete rule ${rule.family} ${rule.table} ${rule.chain} handle ${rule.handle}\n` : []);

type Forwarding = {readonly out: readonly string[]; readonly hasIptables: boolean};

const acceptInNft = async ({device, namespace}: Host, objects: readonly NftObject[], {out, hasIptables}: Forwarding) => {
	const chains = objects.flatMap(({chain}) => chain ?? []).filter(({family, table, name, hook, policy}) =>
		hook === 'forward' && policy === 'drop' && (family === 'ip' || family === 'inet')
		// Iptables refuses to read a table of its own in which it finds rules of another's making.
		&& !(hasIptables && family === 'ip' && table === 'filter' && name === 'FORWARD'));
	const additions = chains.map(({family, table, name}) => `${out.length > 0 ? `insert rule ${family} ${table} ${name} iifname "${device}" oifname { ${out.map(each => `"${each}"`).join(', ')} } accept comment "${device}"` : ''}
insert rule ${family} ${table} ${name} oifname "${device}" ct state established,related accept comment "${device}"
`);
	const isIn = ({family, table, chain}: Rule) =>
		chains.some(other => other.family === family && other.table === table && other.name === chain);
	const script = [...deletions(objects.filter(({rule}) => rule && isIn(rule)), device), ...additions];
	if (script.length > 0) {
		// In one transaction, so that nothing is cut off in between.
		await nft(script.join(''), {namespace});
	}
};

const removeFromNft = async ({device, namespace}: Host) => {
	const objects = await nftObjects(namespace);
	const script = deletions(objects, device);
	if (script.length > 0) {
		await nft(script.join(''), {namespace});
	}
};

/** The daemon answers for the host's own network namespace alone. */
const firewalld = async (verb: 'add' | 'remove', {device, namespace}: Host) => {
	if (namespace === undefined && await isInstalled('firewall-cmd')) {
		// Its statuses beyond 0 say that the daemon does not run or that the device is already where it should be.
		await runIn('firewall-cmd', ['--zone=trusted', `--${verb}-interface=${device}`], {accept: Array.from({length: 256}, (_, status) => status)});
	}
};

/** Lets what a device sends out of the host be forwarded, and the answers to it, where the host's firewall would drop them. Called again it follows the devices that the host has by then. */
export const acceptForwarding = async (host: Host): Promise<void> => {
	const [lines, objects, out] = await Promise.all([iptablesLines(host.namespace), nftObjects(host.namespace), waysOut(host.namespace)]);
	await acceptInIptables(host, lines, out);
	await acceptInNft(host, objects, {out, hasIptables: lines.length > 0});
	if (objects.some(({table}) => table?.family === 'inet' && table.name === 'firewalld')) {
		await firewalld('add', host);
	}
};

/** What `acceptForwarding` follows from, and how much of the engine's own is there, as a text to compare. */
export const stateOfRules = async ({device, namespace}: Host): Promise<string> => {
	const objects = await nftObjects(namespace);
	const tables = objects.flatMap(({table}) => table && ['holm', 'firewalld', device].includes(table.name) ? [`${table.family} ${table.name}`] : []);
	const rules = objects.flatMap(({rule}) => rule && JSON.stringify(rule).includes(`"${device}"`) ? [`${rule.family} ${rule.table} ${rule.chain}`] : []);
	const chains = objects.flatMap(({chain}) => chain && (chain.hook === 'forward' || chain.name === 'DOCKER-USER') ? [`${chain.family} ${chain.table} ${chain.name} ${chain.policy ?? ''}`] : []);
	return JSON.stringify([tables, rules, chains].map(names => names.toSorted()));
};

/** Takes back everything that `acceptForwarding` added, wherever that was. */
export const withdrawForwarding = async (host: Host): Promise<void> => {
	await removeFromIptables(host);
	await removeFromNft(host);
	const objects = await nftObjects(host.namespace);
	if (objects.some(({table}) => table?.family === 'inet' && table.name === 'firewalld')) {
		await firewalld('remove', host);
	}
};
