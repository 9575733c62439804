import {chmod, mkdir, readdir, rm, stat} from 'node:fs/promises';
import {availableParallelism, totalmem} from 'node:os';
import path from 'node:path';
import {HolmError, messageOf} from '../engine/errors.js';
import type {ContainerConfiguration} from '../engine/resources.js';
import {machineCpusOf} from '../rules/containers/cpus.js';
import {defaultMachineMemory, machineMemoryOf, minimumMachineMemory} from '../rules/containers/memory.js';
import {assertArchitecture} from './architecture.js';
import {importKernel} from './kernel/custom-kernel.js';
import {
	fetchKernel,
	kernelFiles,
	type GuestKernel,
	type SetupStep,
} from './kernel/guest-kernel.js';
import {withLock} from './lock.js';
import {chooseAccelerator, type AcceleratorVerdict} from './machines/accelerator.js';
import {bootTimeoutsOf} from './machines/boot-timeout.js';
import {isNestedWanted} from './machines/kvm-device.js';
import {loadKey} from './machines/ssh/key.js';
import {initramfsKey, makeInitramfs} from './kernel/initramfs.js';
import {pruneTemplates} from './machines/template/prune-templates.js';
import {templateOf, type Template} from './machines/template/template.js';
import {hostKeyOf, qemuIdentity, readTemplateHost} from './machines/template/template-key.js';
import {findProgram} from './setup/programs.js';
import {orMissing} from './store/missing.js';
import type {Paths} from './store/paths.js';

const mebibyte = 1024 ** 2;

export type MachineSize = {
	readonly cpus: number;
	/** Rounded up to whole mebibytes. */
	readonly memoryBytes: number;
	/** Path of the user's own kernel. */
	readonly kernel?: string;
};

/** Default size of a machine. */
export const defaultSize = {cpus: 1, memoryBytes: defaultMachineMemory} as const;

/** The size of a container's machine. */
export const sizeOf = (configuration: ContainerConfiguration): MachineSize => ({
	cpus: machineCpusOf(configuration),
	memoryBytes: machineMemoryOf(configuration),
	kernel: configuration.kernel,
});

/** The parts that every machine is made of, ready for use. */
export type Guest = {
	readonly verdict: AcceleratorVerdict;
	readonly kernelVersion: string;
	/** QEMU's program. */
	readonly program: string;
	/** Group that every machine runs as. Nothing else on the host uses it. */
	readonly gid: number;
	/** SSH key that opens the engine's machines. */
	readonly key: {readonly privateKey: string; readonly publicKey: string};
	/** The template for machines of a size, made on first use. `onMaking` is called if the caller has to wait for that. */
	readonly template: (size: MachineSize, onMaking?: () => void) => Promise<Template>;
};

/** Outside the ranges that distributions and id mappings of containers use, and within the 31 bits that every program supports. */
const firstId = 1_900_000_000;

/** Templates are made by a user that no machine runs as. */
const templateUid = firstId + 2 ** 24;

/** The user that a container's machine runs as, one per machine, so that machines cannot access each other: 1,900,000,000 plus the first 24 bits of the container's id. */
export const machineUidOf = (containerId: string): number => {
	const bits = Number.parseInt(containerId.slice(0, 6), 16);
	if (!/^[\da-f]{6}/v.test(containerId)) {
		throw new HolmError('internal', `${JSON.stringify(containerId)} is not the id of a container`);
	}

	return firstId + bits;
};

const format = (bytes: number) => `${Math.floor(bytes / mebibyte)} MiB`;

/** Throws `invalid`, with the size and the limit, if this host cannot run a machine of the size. */
export const validateSize = ({cpus, memoryBytes}: MachineSize, owner: 'container' | 'builder' = 'container'): void => {
	if (!(memoryBytes >= minimumMachineMemory)) {
		throw new HolmError('invalid', `memory of ${format(memoryBytes)} is too little for a machine, which needs ${format(minimumMachineMemory)} at least`, {
			remedy: `give it more with --memory, or leave --memory out for ${format(defaultMachineMemory)}`,
		});
	}

	const total = totalmem();
	if (memoryBytes > total) {
		throw new HolmError('invalid', `memory of ${format(memoryBytes)} is more than the ${format(total)} of this host`, {remedy: `give the ${owner} less with --memory`});
	}

	const count = availableParallelism();
	if (!(Number.isSafeInteger(cpus) && cpus >= 1 && cpus <= count)) {
		throw new HolmError('invalid', `${cpus} CPUs are not possible on this host, which has ${count}`, {remedy: `give the ${owner} a whole number from 1 to ${count} with --cpus`});
	}
};

const initramfsPrefix = 'initramfs-';

const removeAll = async (directory: string, isObsolete: (name: string) => boolean) => {
	const names = await readdir(directory);
	await Promise.all(names
		.filter(name => isObsolete(name))
		.map(async name => rm(path.join(directory, name), {recursive: true, force: true})));
};

/** The initramfs for a kernel, in the kernel's directory. It is made again if one of its parts has changed. */
const ensureInitramfs = async (
	directory: string,
	kernel: GuestKernel,
	publicKey: string,
	onStep: (step: SetupStep) => void = () => undefined,
): Promise<string> => {
	const parts = {modules: kernelFiles(directory).modules, kernel: kernel.sha256, publicKey};
	const key = await initramfsKey(parts);
	const file = path.join(directory, `${initramfsPrefix}${key}`);
	if (await orMissing(stat(file))) {
		return file;
	}

	return withLock(path.join(directory, 'initramfs.lock'), async () => {
		if (await orMissing(stat(file))) {
			return file;
		}

		onStep({step: 'initramfs', detail: `for kernel ${kernel.version}`});
		await makeInitramfs(file, parts);
		// Made of older programs or scripts, or left by a call that was killed.
		await removeAll(directory, name => name.startsWith(initramfsPrefix) && name !== path.basename(file));
		return file;
	});
};

/** Machines run as other users and need search permission on the directories above their shared files. */
const letThrough = async (directory: string) => {
	const {mode} = await stat(directory);
	if ((mode & 0o011) !== 0o011) {
		await chmod(directory, (mode & 0o7777) | 0o011);
	}
};

type OpenOptions = {
	/** Probes hardware virtualisation again, whatever the last verdict; default false. */
	readonly isProbing?: boolean;
};

const open = async (paths: Paths, onStep: (step: SetupStep) => void, {isProbing = false}: OpenOptions): Promise<Guest> => {
	assertArchitecture();
	await mkdir(paths.guest, {recursive: true});
	await Promise.all([letThrough(paths.root), letThrough(paths.guest)]);
	const timeouts = bootTimeoutsOf(process.env);
	const isNested = isNestedWanted(process.env);
	const program = await findProgram('qemu-system');
	if (program === undefined) {
		throw new HolmError('unavailable', 'QEMU is not installed', {remedy: 'holm setup installs it'});
	}

	return withLock(path.join(paths.guest, 'lock'), async () => {
		const kernel = await fetchKernel(paths.root, onStep);
		const key = await loadKey(paths.key);
		const initramfs = await ensureInitramfs(paths.guest, kernel, key.publicKey, onStep);
		await pruneTemplates(paths.templates, hostKeyOf(await readTemplateHost(await qemuIdentity(program, path.join(paths.guest, 'qemu.json')))));
		const {vmlinuz} = kernelFiles(paths.guest);
		const shape = {
			...defaultSize, kernel: vmlinuz, initramfs, isNested,
		};
		const common = {
			directory: paths.templates,
			program,
			uid: templateUid,
			gid: firstId,
			onRemake(directory: string, reason: string) {
				onStep({step: 'template', detail: `making ${directory} again, because a machine could not be restored from it: ${reason}`});
			},
		};
		const verdict = await chooseAccelerator(paths.accelerator, {
			...common,
			shape,
			timeoutMs: timeouts.kvm,
			isForced: isProbing,
			sockets: [paths.socket],
			onProbe() {
				onStep({step: 'accelerator', detail: 'booting a machine with hardware virtualisation'});
			},
		});
		return {
			verdict,
			kernelVersion: kernel.version,
			program,
			gid: firstId,
			key,
			async template({cpus, memoryBytes, kernel: custom}, onMaking) {
				validateSize({cpus, memoryBytes});
				const templateWith = async (parts: {readonly kernel: string; readonly initramfs: string}) => templateOf({
					...common,
					shape: {
						accelerator: verdict.accelerator, cpus, memoryBytes: Math.ceil(memoryBytes / mebibyte) * mebibyte, isNested, ...parts,
					},
					deviceGid: verdict.deviceGid,
					timeoutMs: timeouts[verdict.accelerator],
				}, onMaking);
				if (custom === undefined) {
					return templateWith({kernel: vmlinuz, initramfs: await ensureInitramfs(paths.guest, kernel, key.publicKey)});
				}

				const imported = await importKernel(paths, custom);
				await Promise.all([letThrough(path.dirname(imported.directory)), letThrough(imported.directory)]);
				const parts = {
					kernel: kernelFiles(imported.directory).vmlinuz,
					initramfs: await ensureInitramfs(imported.directory, imported.kernel, key.publicKey),
				};
				try {
					return await templateWith(parts);
				} catch (error) {
					throw new HolmError('invalid', `kernel ${custom} cannot be used: ${messageOf(error)}`, {remedy: 'leave --kernel out, or name another one', cause: error});
				}
			},
		};
	});
};

const openings = new Map<string, Promise<Guest>>();

/**
Makes the parts that are missing: kernel, initramfs, SSH key, and the verdict on the accelerator. `onStep` is called for each slow step.

Concurrent callers share one run, and other processes wait for it. Throws `unavailable`, naming what the host lacks, and `unsupported` on a processor that is not x86-64.
*/
export const openGuest = async (
	paths: Paths,
	onStep: (step: SetupStep) => void = () => undefined,
	options: OpenOptions = {},
): Promise<Guest> => {
	const opening = openings.get(paths.root) ?? open(paths, onStep, options);
	openings.set(paths.root, opening);
	try {
		return await opening;
	} finally {
		openings.delete(paths.root);
	}
};
