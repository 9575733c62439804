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
Makes the host forward, for Holm only, unless it forwarded before or another program enables forwarding.

Linux forwards by the incoming device, and answers to containers may arrive on any device, so every device must forward, including later ones. Setting `net.ipv4.ip_forward` would do that, but Docker, libvirt and others interpret it as the administrator's choice: Docker omits its own drop rules if it is 1. So it is not changed. Instead the parameters of the devices and the default for new devices are set, and an nft table drops traffic that neither comes from an engine nor goes to one.

So if `net.ipv4.ip_forward` is 1, another program has set it, before or after the engine. Then the table is removed, and nothing is restored at the end.
*/
export type ForwardingHost = {
	/** The host's end of the engine's link. */
	readonly device: string;
	/** Path of the host's network namespace, replaced in tests; default the caller's. */
	readonly namespace?: string;
};

/** What forwarded before. It is kept in a file, because the parameters have been changed, and a table could be flushed. Like the parameters, it does not survive a reboot. */
type Before = {readonly default: boolean; readonly devices: readonly string[]};

const directory = '/run/holm-forwarding';
const table = 'holm';

/** The files for a network namespace, by its inode. */
const filesOf = async (namespace = '/proc/self/ns/net') => {
	const {ino} = await stat(namespace);
	return {record: path.join(directory, `${ino}.json`), lock: path.join(directory, `${ino}.lock`)};
};

/** Serialises the engines of a host. */
const inTurn = async (namespace: string | undefined, work: (record: string) => Promise<void>): Promise<void> => {
	// Mode 0700, because other users could hold a lock that they can open.
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

/** Whether each device forwards. `all` is `net.ipv4.ip_forward`, and `default` is for new devices. */
const forwardingOf = async (namespace?: string): Promise<ReadonlyMap<string, boolean>> => {
	const {stdout} = await runIn('ip', ['-4', '-json', 'netconf', 'show'], {namespace});
	const found = JSON.parse(stdout.trim() || '[]') as ReadonlyArray<{readonly interface: string; readonly forwarding?: boolean}>;
	return new Map(found.map(({interface: device, forwarding}) => [device, forwarding === true]));
};

/** Skips devices that are gone. */
const setForwarding = async (devices: readonly string[], isOn: boolean, namespace?: string): Promise<void> => {
	if (devices.length > 0) {
		const files = devices.map(device => `/proc/sys/net/ipv4/conf/${device}/forwarding`);
		await runIn('tee', files, {namespace, input: isOn ? '1\n' : '0\n', accept: [0, 1]});
	}
};

/** Whether a device is the host's end of an engine's link. */
export const isEngines = (device: string) => /^holm-[\da-f]{8}$/v.test(device);

/** The rules that drop what is not to be forwarded. */
const guard = ({devices}: Before): string => {
	// Skip names that nft could interpret. Administrators do not use such names.
	const before = devices.filter(device => /^[\w.@\-]+$/v.test(device)).map(device => `"${device}"`);
	return `table ip ${table}
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
`;
};

const noGuard = `table ip ${table}\ndelete table ip ${table}\n`;

/**
Makes the host forward traffic from the engine and the answers to it, and nothing else that it did not forward before. Another call repairs lost settings, and removes the restriction if another program has enabled forwarding.

Throws `unavailable` if the kernel parameters cannot be set.
*/
export const openForwarding = async ({device, namespace, rules = ''}: ForwardingHost & {
	/** Further nft rules, applied in the same transaction. */
	readonly rules?: string;
}): Promise<void> => inTurn(namespace, async record => {
	const found = await forwardingOf(namespace);
	if (found.get('all')) {
		await setForwarding([device].filter(name => !found.get(name)), true, namespace);
		await nft(`${noGuard}${rules}`, {namespace});
		await rm(record, {force: true});
		return;
	}

	const devices = [...found.keys()].filter(name => name !== 'all');
	const before = await readBefore(record) ?? {
		default: found.get('default') === true,
		devices: devices.filter(name => name !== 'default' && !isEngines(name) && found.get(name)),
	};
	await writeBefore(record, before);
	await nft(`${guard(before)}${rules}`, {namespace});
	await setForwarding(devices.filter(name => !found.get(name)), true, namespace);
	const changed = await forwardingOf(namespace);
	if (!changed.get('default') || !changed.get(device)) {
		throw new HolmError('unavailable', `this host does not forward what ${device} sends: /proc/sys/net/ipv4 cannot be written`, {remedy: 'sysctl -w net.ipv4.ip_forward=1 where the host itself is set up'});
	}
});

/** Restores what `openForwarding` changed, unless another engine or program still needs it. */
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

	await nft(noGuard, {namespace});
	await rm(record, {force: true});
});
