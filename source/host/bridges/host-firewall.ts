import {
	isInstalled,
	linksAndRoutes,
	nft,
	runIn,
} from './programs.js';

/**
Forwarded packets pass the rules of every program on the host, and a drop is final: the engine's own table cannot override it. If a firewall of the host drops unknown traffic (Docker and ufw set the policy of iptables' FORWARD chain, firewalld has a final rule, nftables.conf may have a policy), the engine adds rules for its device there, by that program's mechanism, and marks them with the device's name. If nothing drops, nothing is added.

Only traffic to outbound devices and the answers are accepted. An accept in DOCKER-USER, or at the head of another chain, skips the rules after it, so traffic to other programs' bridges is left to their rules.

A reload of the firewall may drop these rules. Opening the namespace again restores them.
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

/** The rules of iptables' filter table, in the variant that the host uses; empty without iptables. */
const iptablesLines = async (namespace?: string): Promise<readonly string[]> => {
	if (!await isInstalled('iptables')) {
		return [];
	}

	const {stdout, exitCode} = await runIn('iptables', ['-w', '-S'], {namespace, accept: [0, 1, 2, 3, 4]});
	return exitCode === 0 ? stdout.split('\n') : [];
};

/** Kinds of devices that other programs use for their containers and virtual machines. All other devices are the host's. */
const othersKinds = new Set(['bridge', 'veth', 'vxlan', 'geneve', 'ipip', 'dummy', 'ipvlan', 'macvlan', 'openvswitch']);

/** A default route, or one of the two halves that VPN clients use to override it. */
const isDefault = ({dst}: {readonly dst: string}) => dst === 'default' || dst === '0.0.0.0/1' || dst === '128.0.0.0/1';

/** The outbound devices: the host's own ones, and any other with a default route, such as a bridge over the host's network card. */
const waysOut = async (namespace?: string): Promise<readonly string[]> => {
	const {links: devices, routes: found} = await linksAndRoutes({namespace});
	const defaults = new Set(found.filter(route => isDefault(route)).map(({dev}) => dev));
	return devices
		.filter(({ifname, linkinfo}) => defaults.has(ifname) || !othersKinds.has(linkinfo?.info_kind ?? ''))
		.map(({ifname}) => ifname)
		// Skip the engines' links, which have default routes in their own tables, and names that nft or iptables could interpret as a pattern.
		.filter(name => name !== 'lo' && !name.startsWith('holm-') && /^[\w.@\-]+$/v.test(name));
};

/** The rules with the device's mark, as words from the chain on. */
const markedRules = (lines: readonly string[], device: string): ReadonlyArray<readonly string[]> => lines
	.map(line => line.split(' ').map(word => word.replaceAll('"', '')))
	.filter(words => words[0] === '-A' && words[words.indexOf('--comment') + 1] === device)
	.map(([, ...words]) => words);

/** Uses Docker's DOCKER-USER chain if it exists: it is meant for other rules, precedes Docker's, and survives its restarts. Resolves with the number of rules that it changed. */
const acceptInIptables = async ({device, namespace}: Host, lines: readonly string[], out: readonly string[]): Promise<number> => {
	const chain = lines.includes('-N DOCKER-USER') && lines.some(line => line.startsWith('-A FORWARD -j DOCKER-USER')) ? 'DOCKER-USER' : 'FORWARD';
	const mark = ['-m', 'comment', '--comment', device, '-j', 'ACCEPT'];
	const wanted = lines.includes('-P FORWARD DROP') ? [
		...out.map(name => [chain, '-i', device, '-o', name, ...mark]),
		[chain, '-o', device, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', ...mark],
	] : [];
	const present = markedRules(lines, device);
	const isAmong = (rules: ReadonlyArray<readonly string[]>, rule: readonly string[]) => rules.some(other => other.join(' ') === rule.join(' '));
	const changes = [
		...wanted.filter(rule => !isAmong(present, rule)).map(rule => ['-I', ...rule]),
		...present.filter(rule => !isAmong(wanted, rule)).map(rule => ['-D', ...rule]),
	];
	for (const change of changes) {
		await runIn('iptables', ['-w', ...change], {namespace});
	}

	return changes.length;
};

const removeFromIptables = async ({device, namespace}: Host) => {
	const lines = await iptablesLines(namespace);
	for (const rule of markedRules(lines, device)) {
		await runIn('iptables', ['-w', '-D', ...rule], {namespace});
	}
};

/** Commands that delete the rules with the device's mark. */
const deletions = (objects: readonly NftObject[], device: string) => objects.flatMap(({rule}) =>
	rule?.comment === device ? `delete rule ${rule.family} ${rule.table} ${rule.chain} handle ${rule.handle}\n` : []);

type Forwarding = {readonly out: readonly string[]; readonly hasIptables: boolean};

/** Resolves with the number of commands that it gave. */
const acceptInNft = async ({device, namespace}: Host, objects: readonly NftObject[], {out, hasIptables}: Forwarding): Promise<number> => {
	const chains = objects.flatMap(({chain}) => chain ?? []).filter(({family, table, name, hook, policy}) =>
		hook === 'forward' && policy === 'drop' && (family === 'ip' || family === 'inet')
		// Iptables cannot read its tables if they contain rules that nft added.
		&& !(hasIptables && family === 'ip' && table === 'filter' && name === 'FORWARD'));
	const additions = chains.map(({family, table, name}) => `${out.length > 0 ? `insert rule ${family} ${table} ${name} iifname "${device}" oifname { ${out.map(each => `"${each}"`).join(', ')} } accept comment "${device}"` : ''}
insert rule ${family} ${table} ${name} oifname "${device}" ct state established,related accept comment "${device}"
`);
	const isIn = ({family, table, chain}: Rule) =>
		chains.some(other => other.family === family && other.table === table && other.name === chain);
	const script = [...deletions(objects.filter(({rule}) => rule && isIn(rule)), device), ...additions];
	if (script.length > 0) {
		// In one transaction, so that traffic is not interrupted.
		await nft(script.join(''), {namespace});
	}

	return script.length;
};

const removeFromNft = async ({device, namespace}: Host, objects: readonly NftObject[]) => {
	const script = deletions(objects, device);
	if (script.length > 0) {
		await nft(script.join(''), {namespace});
	}
};

/** Firewalld manages the host's own network namespace only. */
const firewalld = async (verb: 'add' | 'remove', {device, namespace}: Host) => {
	if (namespace === undefined && await isInstalled('firewall-cmd')) {
		// Other statuses mean that the daemon does not run, or that the device is in the zone already.
		await runIn('firewall-cmd', ['--zone=trusted', `--${verb}-interface=${device}`], {accept: Array.from({length: 256}, (_, status) => status)});
	}
};

/** The state that `acceptForwarding` depends on, including the engine's own rules, as text for comparison. */
const stateIn = (objects: readonly NftObject[], device: string): string => {
	const tables = objects.flatMap(({table}) => table && ['holm', 'firewalld', device].includes(table.name) ? [`${table.family} ${table.name}`] : []);
	const rules = objects.flatMap(({rule}) => rule && JSON.stringify(rule).includes(`"${device}"`) ? [`${rule.family} ${rule.table} ${rule.chain}`] : []);
	const chains = objects.flatMap(({chain}) => chain && (chain.hook === 'forward' || chain.name === 'DOCKER-USER') ? [`${chain.family} ${chain.table} ${chain.name} ${chain.policy ?? ''}`] : []);
	return JSON.stringify([tables, rules, chains].map(names => names.toSorted()));
};

/** Reads that state. */
export const stateOfRules = async ({device, namespace}: Host): Promise<string> => stateIn(await nftObjects(namespace), device);

/** Makes the host's firewall accept traffic from the device to the outbound devices, and the answers, if it would drop them. Another call updates the rules to the present devices. Resolves with the state as `stateOfRules` reads it. */
export const acceptForwarding = async (host: Host): Promise<string> => {
	const [lines, objects, out] = await Promise.all([iptablesLines(host.namespace), nftObjects(host.namespace), waysOut(host.namespace)]);
	const hasFirewalld = objects.some(({table}) => table?.family === 'inet' && table.name === 'firewalld');
	const changes = await acceptInIptables(host, lines, out) + await acceptInNft(host, objects, {out, hasIptables: lines.length > 0});
	if (hasFirewalld) {
		await firewalld('add', host);
	}

	return hasFirewalld || changes > 0 ? stateOfRules(host) : stateIn(objects, host.device);
};

/** Removes everything that `acceptForwarding` added. */
export const withdrawForwarding = async (host: Host): Promise<void> => {
	await removeFromIptables(host);
	const objects = await nftObjects(host.namespace);
	await removeFromNft(host, objects);
	if (objects.some(({table}) => table?.family === 'inet' && table.name === 'firewalld')) {
		await firewalld('remove', host);
	}
};
