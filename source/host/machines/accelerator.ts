import {
	access,
	chmod,
	constants,
	mkdir,
	mkdtemp,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {messageOf} from '../../errors.js';
import {type AcceleratorName, type MachineShape} from './qemu.js';
import {templateOf, type TemplateOptions} from './template.js';

export type AcceleratorVerdict = {
	readonly accelerator: AcceleratorName;
	/** Why hardware virtualisation is not used; absent when it is. */
	readonly reason?: string;
	/** Group that machines must run as to open the accelerator's device; undefined for emulation. */
	readonly gid?: number;
};

/** The program that emulates or virtualises a machine of this host's own architecture. */
export const qemuProgram = `qemu-system-${{x64: 'x86_64', arm64: 'aarch64'}[process.arch as string] ?? process.arch}`;

export const bootTimeoutMs = {
	/** Real hardware boots in well under a second; one that needs more than this hangs. */
	kvm: 15_000,
	tcg: 60_000,
} as const;

const device = '/dev/kvm';

/** Names of the directories of probes, which are there only while one runs. */
export const probePrefix = 'probe.';

type ProbeShape = Omit<MachineShape, 'accelerator'>;
type ProbeOptions = Omit<TemplateOptions, 'shape' | 'timeoutMs' | 'directory'>;

/**
Chooses the accelerator by booting a machine with it: a device that opens may still abort or hang its guests.

The verdict is kept in `cacheFile` until the host boots anew or the file is removed. `onProbe` is called before a machine is booted.
*/
export const chooseAccelerator = async (cacheFile: string, shape: ProbeShape, options: ProbeOptions, onProbe: () => void): Promise<AcceleratorVerdict> => {
	const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
	try {
		const cached = JSON.parse(await readFile(cacheFile, 'utf8')) as AcceleratorVerdict & {readonly boot: string};
		if (cached.boot === boot) {
			return cached;
		}
	} catch {}

	const verdict = await probe(path.dirname(cacheFile), shape, options, onProbe);
	await writeFile(`${cacheFile}.new`, JSON.stringify({...verdict, boot}));
	await rename(`${cacheFile}.new`, cacheFile);
	return verdict;
};

const probe = async (root: string, shape: ProbeShape, options: ProbeOptions, onProbe: () => void): Promise<AcceleratorVerdict> => {
	let gid: number;
	try {
		await access(device, constants.R_OK | constants.W_OK);
		const {mode, gid: owners} = await stat(device);
		// Where everybody may open it, the group of machines needs no rights of its owners.
		gid = (mode & 0o006) === 0o006 ? options.gid : owners;
		if ((mode & 0o066) === 0) {
			return {accelerator: 'tcg', reason: `${device} is open to root alone, and machines are other users`};
		}
	} catch {
		return {accelerator: 'tcg', reason: `${device} cannot be opened`};
	}

	onProbe();
	await mkdir(root, {recursive: true});
	const directory = await mkdtemp(path.join(root, probePrefix));
	try {
		await chmod(directory, 0o711);
		// The probe may run as the device's group alone, because that is how machines will.
		await templateOf({
			...options, gid, directory, shape: {...shape, accelerator: 'kvm'}, timeoutMs: bootTimeoutMs.kvm,
		});
		return {accelerator: 'kvm', gid};
	} catch (error) {
		return {accelerator: 'tcg', reason: `with hardware virtualisation ${messageOf(error)}`};
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
};
