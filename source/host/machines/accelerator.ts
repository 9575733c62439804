import {readFile, rename, writeFile} from 'node:fs/promises';
import {availableParallelism, loadavg} from 'node:os';
import {HolmError, messageOf} from '../../engine/errors.js';
import {kvmAccessOf, readKvmHost} from './kvm-device.js';
import {bootId} from './process.js';
import type {AcceleratorName, MachineShape} from './qemu.js';
import {templateOf, type TemplateOptions} from './template/template.js';
import {qemuIdentity} from './template/template-key.js';

export type AcceleratorVerdict = {
	readonly accelerator: AcceleratorName;
	/** Why hardware virtualisation is not used; absent if it is. */
	readonly reason?: string;
	/** What would enable it. */
	readonly remedy?: string;
	/** Supplementary group that machines need to open the accelerator's device; undefined if they need none. */
	readonly deviceGid?: number;
};

/** How long the machine of a probe had to boot, and the host's load per processor then. */
type Conditions = {readonly timeoutMs: number; readonly load: number};

/** A verdict from booting a machine, with what it depends on. */
type Probed = AcceleratorVerdict & Conditions & {
	/** The host's boot, the device's owners and QEMU. If one of them changes, another probe is needed. */
	readonly of: string;
};

type ProbeOptions = Omit<TemplateOptions, 'shape' | 'timeoutMs' | 'deviceGid'> & {
	readonly shape: Omit<MachineShape, 'accelerator'>;
	readonly timeoutMs: number;
	/** The engine's sockets. */
	readonly sockets: readonly string[];
	/** Probe even if a verdict is known. */
	readonly isForced?: boolean;
	/** Called before a probe. */
	readonly onProbe: () => void;
};

/** Access to the host, replaced in tests. */
type Means = {
	readonly readHost: typeof readKvmHost;
	/** Boots a machine. */
	readonly obtainTemplate: (options: TemplateOptions) => Promise<unknown>;
};

/** Load per processor above which a boot may time out because of the load. */
const busyLoad = 1;

const loadNow = () => loadavg()[0]! / availableParallelism();

/** The verdict in a file, which another version may have written, or which may be truncated. */
export const readVerdict = async (file: string): Promise<Partial<Probed>> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as Partial<Probed>;
	} catch {
		return {};
	}
};

/** Whether a failed probe may succeed now: it has more time, or the host is less busy. */
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
			...options, deviceGid, shape: {...shape, accelerator: 'kvm'}, shouldRemake: isForced,
		});
		return {accelerator: 'kvm', deviceGid};
	} catch (error) {
		// Other errors, such as a full disk, do not depend on the accelerator.
		if (!(error instanceof HolmError)) {
			throw error;
		}

		return {accelerator: 'tcg', reason: `with hardware virtualisation ${messageOf(error)}`, remedy: remedyForProbe};
	}
};

/**
Chooses the accelerator by making a template with it, which is kept. Even if the device opens, guests may abort or hang.

The verdict is kept in `file` until the host reboots, the device's owners or QEMU change, or a failed probe may succeed.
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
