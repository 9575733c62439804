import {isInstalled, nft, runIn} from './programs.js';

/**
Packets that a host forwards pass every program's rules, and one that drops them has the last word: a rule of the engine's own table cannot undo it. So where something of the host drops what it does not know (Docker and ufw set the policy of iptables' FORWARD chain, firewalld has a last rule, an administrator's nftables.conf a policy), the engine asks for its one device there, in the way that program offers, and marks what it added with the device's name. Where nothing drops, nothing is added. A reload of that program may lose the mark; opening the namespace again restores it.
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

/** Docker keeps DOCKER-USER for others' rules, across its own restarts and ahead of its own. */
const acceptInIptables = async ({device, namespace}: Host, lines: readonly string[]) => {
	if (!lines.includes('-P FORWARD DROP')) {
		return;
	}

	const chain = lines.includes('-N DOCKER-USER') && lines.some(line => line.startsWith('-A FORWARD -j DOCKER-USER')) ? 'DOCKER-USER' : 'FORWARD';
	const comment = ['-m', 'comment', '--comment', device];
	for (const rule of [
		['-i', device, ...comment, '-j', 'ACCEPT'],
		['-o', device, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', ...comment, '-j', 'ACCEPT'],
	]) {
		const {exitCode} = await runIn('iptables', ['-w', '-C', chain, ...rule], {namespace, accept: [0, 1, 2]});
		if (exitCode !== 0) {
			await runIn('iptables', ['-w', '-I', chain, ...rule], {namespace});
		}
	}
};

const removeFromIptables = async ({device, namespace}: Host) => {
	const lines = await iptablesLines(namespace);
	for (const line of lines) {
		const words = line.split(' ').map(word => word.replaceAll('"', ''));
		if (words[0] === '-A' && words[words.indexOf('--comment') + 1] === device) {
			await runIn('iptables', ['-w', '-D', ...words.slice(1)], {namespace});
		}
	}
};

const acceptInNft = async ({device, namespace}: Host, objects: readonly NftObject[], hasIptables: boolean) => {
	const chains = objects.flatMap(({chain}) => chain ?? []).filter(({family, table, name, hook, policy}) =>
		hook === 'forward' && policy === 'drop' && (family === 'ip' || family === 'inet')
		// Iptables refuses to read a table of its own in which it finds rules of another's making.
		&& !(hasIptables && family === 'ip' && table === 'filter' && name === 'FORWARD'));
	const isOpen = ({family, table, name}: Chain) => objects.some(({rule}) =>
		rule?.comment === device && rule.family === family && rule.table === table && rule.chain === name);
	const script = chains.filter(chain => !isOpen(chain)).map(({family, table, name}) => `insert rule ${family} ${table} ${name} iifname "${device}" accept comment "${device}"
insert rule ${family} ${table} ${name} oifname "${device}" ct state established,related accept comment "${device}"
`);
	if (script.length > 0) {
		await nft(script.join(''), {namespace});
	}
};

const removeFromNft = async ({device, namespace}: Host) => {
	const objects = await nftObjects(namespace);
	const script = objects.flatMap(({rule}) => rule?.comment === device ? `delete rule ${rule.family} ${rule.table} ${rule.chain} handle ${rule.handle}\n` : []);
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

/** Lets what a device sends be forwarded, and the answers to it, where the host's firewall would drop them. */
export const acceptForwarding = async (host: Host): Promise<void> => {
	const [lines, objects] = await Promise.all([iptablesLines(host.namespace), nftObjects(host.namespace)]);
	await acceptInIptables(host, lines);
	await acceptInNft(host, objects, lines.length > 0);
	if (objects.some(({table}) => table?.family === 'inet' && table.name === 'firewalld')) {
		await firewalld('add', host);
	}
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
