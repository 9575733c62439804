import {readdir, readFile, stat} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import {parseGroup} from '../service/group.js';
import {serviceGroup} from '../service/units.js';

export const kvmDevice = '/dev/kvm';

/** What can be known about hardware virtualisation without booting a machine. */
export type KvmHost = {
	/** Owner, group and mode of the device; undefined if there is none. */
	readonly device?: {readonly mode: number; readonly uid: number; readonly gid: number};
	/** Flags of the first processor in `/proc/cpuinfo`. */
	readonly processorFlags: ReadonlySet<string>;
	/** Names of the kernel's modules, including built-in ones. */
	readonly loadedModules: ReadonlySet<string>;
	/** Groups that machines must not be in: root's, and those that may open the engine's socket. */
	readonly closedGroups: ReadonlySet<number>;
};

export type KvmAccess =
	/** Machines may open the device. `gid` is the supplementary group that they need for it, if any. */
	| {readonly isOpen: true; readonly gid?: number}
	| {readonly isOpen: false; readonly reason: string; readonly remedy: string};

/** Kernel modules by the processor flag that they need. */
const modules = {vmx: 'kvm_intel', svm: 'kvm_amd'} as const;

const remedyForOwners = 'sudo groupadd -f --system kvm && sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm; to keep it so, a udev rule: KERNEL=="kvm", GROUP="kvm", MODE="0660"';

const withoutDevice = ({processorFlags, loadedModules}: KvmHost): KvmAccess => {
	const flag = (['vmx', 'svm'] as const).find(candidate => processorFlags.has(candidate));
	if (flag === undefined) {
		return processorFlags.has('hypervisor')
			? {isOpen: false, reason: `there is no ${kvmDevice}: this host is a virtual machine, and its processor has no virtualisation`, remedy: 'turn on nested virtualisation in its hypervisor'}
			: {isOpen: false, reason: `there is no ${kvmDevice}: the processor shows no virtualisation`, remedy: 'turn on virtualisation (VT-x, AMD-V or SVM) in the firmware'};
	}

	const module = modules[flag];
	return loadedModules.has(module)
		? {isOpen: false, reason: `there is no ${kvmDevice}, though the module ${module} is loaded`, remedy: 'if this is a container, pass the device to it, such as with --device /dev/kvm'}
		: {isOpen: false, reason: `there is no ${kvmDevice}: the module ${module} is not loaded`, remedy: `sudo modprobe ${module}; when that fails, turn on virtualisation in the firmware`};
};

/** Whether machines, which run as unprivileged users, may open the device, and if not, the remedy. */
export const kvmAccessOf = (host: KvmHost): KvmAccess => {
	const {device, closedGroups} = host;
	if (!device) {
		return withoutDevice(host);
	}

	const {mode, gid} = device;
	// World-accessible, so machines do not need its group.
	if ((mode & 0o006) === 0o006) {
		return {isOpen: true};
	}

	if ((mode & 0o060) !== 0o060) {
		return {isOpen: false, reason: `${kvmDevice} is open to root alone, and machines run as other users`, remedy: remedyForOwners};
	}

	return closedGroups.has(gid)
		? {isOpen: false, reason: `${kvmDevice} is open to group ${gid}, whose rights no machine may have`, remedy: remedyForOwners}
		: {isOpen: true, gid};
};

/** Whether HOLM_NESTED enables nested virtualisation in machines. Throws `invalid` for a value other than 1 or 0. */
export const isNestedWanted = ({HOLM_NESTED: text = ''}: Readonly<Record<string, string | undefined>>): boolean => {
	if (!['', '0', '1'].includes(text)) {
		throw new HolmError('invalid', `HOLM_NESTED=${JSON.stringify(text.slice(0, 40))} is neither 1 nor 0`, {remedy: 'set HOLM_NESTED=1 for machines that have virtualisation themselves, or leave it out'});
	}

	return text === '1';
};

const gidOf = async (file: string): Promise<readonly number[]> => {
	try {
		return [(await stat(file)).gid];
	} catch {
		return [];
	}
};

/** Members of the group `holm` may use the engine, which amounts to root access. */
const engineGroup = async (): Promise<readonly number[]> => {
	const groups = await readFile('/etc/group', 'utf8').catch(() => '');
	const lines = groups.split('\n').filter(line => line.startsWith(`${serviceGroup}:`));
	return lines.flatMap(line => parseGroup(line)?.gid ?? []);
};

const deviceOf = async (): Promise<KvmHost['device']> => {
	try {
		const found = await stat(kvmDevice);
		return found.isCharacterDevice() ? found : undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw new HolmError('internal', `${kvmDevice} cannot be read`, {cause: error});
	}
};

/** Reads the state of this host. `sockets` are the engine's sockets. */
export const readKvmHost = async (sockets: readonly string[]): Promise<KvmHost> => {
	const [device, processors, loaded, ...closed] = await Promise.all([
		deviceOf(), readFile('/proc/cpuinfo', 'utf8'), readdir('/sys/module').catch(() => []), engineGroup(), ...sockets.map(async socket => gidOf(socket)),
	]);
	const flags = /^(?:flags|Features)\s*:(?<flags>.*)$/mv.exec(processors)?.groups?.flags ?? '';
	return {
		device,
		processorFlags: new Set(flags.trim().split(/\s+/v)),
		loadedModules: new Set(loaded),
		closedGroups: new Set([0, ...closed.flat()]),
	};
};
