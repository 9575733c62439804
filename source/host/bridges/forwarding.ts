import {
	mkdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {withLock} from '../lock.js';
import {orMissing} from '../store/missing.js';
import {links, nft, runIn} from './programs.js';

/**
A host forwards for Holm only, unless it forwarded before or another program asks for it.

Linux decides by the device on which a packet comes in, and the answers to what containers ask may come in on any, so every device must forward, those that come later too. `net.ipv4.ip_forward` would do that, but Docker, libvirt and others take its value for the administrator's wish: Docker leaves its own drops away when it finds 1 there. So it stays as it is, the devices' own parameters and the one for new devices are set instead, and a table of the host drops what neither comes from an engine nor goes to one.

A 1 in `net.ipv4.ip_forward` is another's then, in whatever order they came: the table goes, and nothing is put back at the end.
*/
export type ForwardingHost = {
	/** The host's end of the engine's link. */
	readonly device: string;
	/** Path of the network namespace that plays the host; default the caller's own. */
	readonly namespace?: string;
};

/** What forwarded before: beside the kernel's parameters, because the table can be flushed and the parameters no longer tell. Gone with the next boot, as they are. */
type Before = {readonly default: boolean; readonly devices: readonly string[]};

const directory = '/run/holm-forwarding';
const table = 'holm';

/** A network namespace's files, by its inode. */
const filesOf = async (namespace = '/proc/self/ns/net') => {
	const {ino} = await stat(namespace);
	return {record: path.join(directory, `${ino}.json`), lock: path.join(directory, `${ino}.lock`)};
};

/** The engines of a host change this one after another. */
const inTurn = async (namespace: string | undefined, work: (record: string) => Promise<void>): Promise<void> => {
	// Others could hold a lock that they can open.
	await mkdir(directory, {recursive: true, mode: 0o700});
	const {record, lock} = await filesOf(namespace);
	await withLock(lock, async () => work(record));
};

const readBefore = async (file: string): Promise<Before | undefined> => {
	const text = await orMissing(readFile(file, 'utf8'));
	return text === undefined ? undefined : JSON.parse(text) as Before;
};

const writeBefore = async (file: string, before: Before): Promise<void> => {
	await writeFile(`${file}.new`, JSON.stringify(before), {mode: 0o644, flush: true});
	await rename(`${file}.new`, file);
};

/** What forwards, by device; `all` is `net.ipv4.ip_forward`, and `default` is for new devices. */
const forwardingOf = async (namespace?: string): Promise<ReadonlyMap<string, boolean>> => {
	const {stdout} = await runIn('ip', ['-4', '-json', 'netconf', 'show'], {namespace});
	const found = JSON.parse(stdout.trim() || '[]') as ReadonlyArray<{readonly interface: string; readonly forwarding?: boolean}>;
	return new Map(found.map(({interface: device, forwarding}) => [device, forwarding === true]));
};

/** A device that is gone by now is passed over. */
const setForwarding = async (devices: readonly string[], isOn: boolean, namespace?: string): Promise<void> => {
	if (devices.length > 0) {
		const files = devices.map(device => `/proc/sys/net/ipv4/conf/${device}/forwarding`);
		await runIn('tee', files, {namespace, input: isOn ? '1\n' : '0\n', accept: [0, 1]});
	}
};

const isEngines = (device: string) => /^holm-[\da-f]{8}$/v.test(device);

const guard = async ({devices}: Before, namespace?: string): Promise<void> => {
	// A device whose name could mean something else to nft has one that no administrator gives.
	const before = devices.filter(device => /^[\w.@\-]+$/v.test(device)).map(device => `"${device}"`);
	await nft(`table ip ${table}
delete table ip ${table}
table ip ${table} {
	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "holm-*" accept
		oifname "holm-*" accept
		${before.length > 0 ? `iifname { ${before.join(', ')} } accept` : ''}
		counter drop comment "This host forwards for Holm only. With net.ipv4.ip_forward=1 for others too."
	}
}
`, {namespace});
};

const removeGuard = async (namespace?: string): Promise<void> => nft(`table ip ${table}\ndelete table ip ${table}\n`, {namespace});

/**
Has the host forward what comes from the engine and the answers to it, and nothing that it did not forward before. Called again it repairs what was lost, and lets others' packets pass once another program has turned forwarding on.

Throws `unavailable` where the kernel's parameters cannot be set.
*/
export const openForwarding = async ({device, namespace}: ForwardingHost): Promise<void> => inTurn(namespace, async record => {
	const found = await forwardingOf(namespace);
	if (found.get('all')) {
		await setForwarding([device], true, namespace);
		await removeGuard(namespace);
		await rm(record, {force: true});
		return;
	}

	const devices = [...found.keys()].filter(name => name !== 'all');
	const before = await readBefore(record) ?? {
		default: found.get('default') === true,
		devices: devices.filter(name => name !== 'default' && !isEngines(name) && found.get(name)),
	};
	await writeBefore(record, before);
	await guard(before, namespace);
	await setForwarding(devices.filter(name => !found.get(name)), true, namespace);
	const changed = await forwardingOf(namespace);
	if (!changed.get('default') || !changed.get(device)) {
		throw new HolmError('unavailable', `this host does not forward what ${device} sends: /proc/sys/net/ipv4 cannot be written`, {remedy: 'sysctl -w net.ipv4.ip_forward=1 where the host itself is set up'});
	}
});

/** Puts back what `openForwarding` changed, unless another engine of the host or another program still needs it. */
export const closeForwarding = async ({device, namespace}: ForwardingHost): Promise<void> => inTurn(namespace, async record => {
	const onHost = await links({namespace});
	if (onHost.some(({ifname}) => ifname !== device && isEngines(ifname))) {
		return;
	}

	const found = await forwardingOf(namespace);
	const before = await readBefore(record);
	if (before && !found.get('all')) {
		const changed = [...found.keys()].filter(name => name !== 'all' && !(name === 'default' ? before.default : before.devices.includes(name)));
		await setForwarding(changed.filter(name => found.get(name)), false, namespace);
	}

	await removeGuard(namespace);
	await rm(record, {force: true});
});
