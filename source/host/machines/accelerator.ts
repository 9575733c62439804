import {readFile, rename, writeFile} from 'node:fs/promises';
import {availableParallelism, loadavg} from 'node:os';
import {HolmError, messageOf} from '../../engine/errors.js';
import {kvmAccessOf, readKvmHost} from './kvm-device.js';
import {bootId} from './process.js';
import {type AcceleratorName, type MachineShape} from './qemu.js';
import {templateOf, type TemplateOptions} from './template/template.js';
import {qemuIdentity} from './template/template-key.js';

export type AcceleratorVerdict = {
	readonly accelerator: AcceleratorName;
	/** Why hardware virtualisation is not used; absent when it is. */
	readonly reason?: string;
	/** What would mend that. */
	readonly remedy?: string;
	/** Group that machines must be in, beside their own, to open the accelerator's device; undefined where they need none. */
	readonly deviceGid?: number;
};

/** How long the machine of a probe had to boot, and the host's load per processor then. */
type Conditions = {readonly timeoutMs: number; readonly load: number};

/** A verdict that a machine was booted for, and what it depends on. */
type Probed = AcceleratorVerdict & Conditions & {
	/** The host's boot, the device's owners and QEMU; another one calls for another probe. */
	readonly of: string;
};

type ProbeOptions = Omit<TemplateOptions, 'shape' | 'timeoutMs' | 'deviceGid'> & {
	readonly shape: Omit<MachineShape, 'accelerator'>;
	readonly timeoutMs: number;
	/** Of the engine. */
	readonly sockets: readonly string[];
	/** Boots a machine whatever is known. */
	readonly isForced?: boolean;
	/** Called before a machine is booted. */
	readonly onProbe: () => void;
};

/** How the host is asked. */
type Means = {
	readonly readHost: typeof readKvmHost;
	/** Boots a machine. */
	readonly obtainTemplate: (options: TemplateOptions) => Promise<unknown>;
};

/** More than this per processor, and a machine that did not boot in time may have been the load's fault. */
const busyLoad = 1;

const loadNow = () => loadavg()[0]! / availableParallelism();

/** The verdict that a file keeps, which may be of another version or cut short. */
export const readVerdict = async (file: string): Promise<Partial<Probed>> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as Partial<Probed>;
	} catch {
		return {};
	}
};

/** Whether what made a probe fail may have gone: it has more time now, or a busy host has become quiet. */
export const hasChanceNow = ({timeoutMs = 0, load = 0}: Partial<Conditions>, now: Conditions): boolean =>
	now.timeoutMs > timeoutMs || (load > busyLoad && now.load < load / 2);

const remedyForProbe = 'holm setup --probe tries again; HOLM_BOOT_TIMEOUT=SECONDS gives it more time';

const probe = async (
	{shape, onProbe, isForced = false, ...options}: ProbeOptions,
	deviceGid: number | undefined,
	{obtainTemplate}: Pick<Means, 'obtainTemplate'>,
): Promise<AcceleratorVerdict> => {
	onProbe();
	try {
		await obtainTemplate({
			...options, deviceGid, shape: {...shape, accelerator: 'kvm'}, isAnew: isForced,
		});
		return {accelerator: 'kvm', deviceGid};
	} catch (error) {
		// A full disk says nothing about the accelerator.
		if (!(error instanceof HolmError)) {
			throw error;
		}

		return {accelerator: 'tcg', reason: `with hardware virtualisation ${messageOf(error)}`, remedy: remedyForProbe};
	}
};

/**
Chooses the accelerator by making a template with it, which is kept: a device that opens may still abort or hang its guests.

The verdict is kept in `file` until the host boots anew, the device's owners or QEMU change, or what made the probe fail may have gone.
*/
export const chooseAccelerator = async (
	file: string,
	options: ProbeOptions,
	{readHost = readKvmHost, obtainTemplate = templateOf}: Partial<Means> = {},
): Promise<AcceleratorVerdict> => {
	const write = async (verdict: AcceleratorVerdict | Probed) => {
		await writeFile(`${file}.new`, JSON.stringify(verdict));
		await rename(`${file}.new`, file);
		return verdict;
	};

	const host = await readHost(options.sockets);
	const access = kvmAccessOf(host);
	if (!access.isOpen) {
		const {reason, remedy} = access;
		return write({accelerator: 'tcg', reason, remedy});
	}

	const {mode, uid, gid} = host.device!;
	const of = [await bootId(), mode, uid, gid, await qemuIdentity(options.program)].join(' ');
	const known = await readVerdict(file);
	const load = loadNow();
	const isSettled = known.accelerator === 'kvm' || !hasChanceNow(known, {timeoutMs: options.timeoutMs, load});
	if (known.of === of && !options.isForced && isSettled) {
		const {accelerator = 'tcg', reason, remedy} = known;
		return {accelerator, reason, remedy, deviceGid: access.gid};
	}

	return write({
		...await probe(options, access.gid, {obtainTemplate}), of, timeoutMs: options.timeoutMs, load,
	});
};
