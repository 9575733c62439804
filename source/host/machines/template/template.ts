import {mkdir, readFile, readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../../engine/errors.js';
import {withLock} from '../../lock.js';
import {throwUnreadable} from '../../store/missing.js';
import type {MachineShape} from '../qemu.js';
import {makeTemplate, type MakeOptions} from './make-template.js';
import {intactStamp, templateFiles} from './stamp.js';
import {
	canMapReadOnly,
	hostKeyOf,
	qemuIdentity,
	readTemplateHost,
	templateKeyOf,
} from './template-key.js';

/** A saved machine that waits for its start message. Other machines start from it. */
export type Template = {
	readonly shape: MachineShape;
	/** Its directory, which names it in errors. */
	readonly directory: string;
	/** Tells it from earlier and later templates in the same directory. */
	readonly id: string;
	/** The first part of the kernel, see `QemuOptions`. */
	readonly kernelStart: string;
	/** Memory; machines map it privately. It is never written again. */
	readonly ram: string;
	/** Device state, as a QEMU migration stream. */
	readonly state: Uint8Array;
	/** Console output of its boot. */
	readonly boot: Uint8Array;
	/** Whether QEMU can map a read-only file privately, as 8.2 and later can. */
	readonly readOnly: boolean;
	/** Supplementary group that machines need to open the accelerator's device. */
	readonly deviceGid?: number;
	/** How long a machine may be silent after it was restored, in milliseconds. */
	readonly timeoutMs: number;
	/** Makes it again if a machine could not be restored from it. Concurrent callers share one run. */
	readonly remake: (reason: string) => Promise<Template>;
};

export type TemplateOptions = Omit<MakeOptions, 'readOnly' | 'hostKey'> & {
	/** Directory of all templates. */
	readonly directory: string;
	/** Make it again even if it exists. */
	readonly shouldRemake?: boolean;
	/** Called if an unusable template is made again, with the reason. */
	readonly onRemake?: (directory: string, reason: string) => void;
};

/** Resolves with undefined if there is none, or if its memory has been written since it was saved. */
const readTemplate = async (directory: string, options: TemplateOptions, isReadOnly: boolean): Promise<Template | undefined> => {
	const {ram, kernelStart, state, boot} = templateFiles(directory);
	const {shape, deviceGid, timeoutMs} = options;
	try {
		const stamp = await intactStamp(directory);
		return stamp && {
			shape,
			directory,
			id: stamp.changedNs,
			ram,
			kernelStart,
			state: await readFile(state),
			boot: await readFile(boot),
			readOnly: isReadOnly,
			deviceGid,
			timeoutMs,
			async remake(reason) {
				options.onRemake?.(directory, reason);
				return obtain({...options, shouldRemake: false}, {except: stamp.changedNs});
			},
		};
	} catch (error) {
		throwUnreadable(error);
		return undefined;
	}
};

/** Makes a template, and names it in the error if that fails. */
const makeNamed = async (target: string, options: MakeOptions): Promise<void> => {
	try {
		await makeTemplate(target, options);
	} catch (error) {
		if (error instanceof HolmError) {
			throw new HolmError(error.code, `the template ${target} cannot be made: ${error.message}`, {
				remedy: error.remedy ?? 'holm doctor says what the host lacks, and holm setup tries again', cause: error,
			});
		}

		throw error;
	}
};

const makings = new Map<string, Promise<Template>>();

type Obtaining = {
	/** Id of an unusable template. */
	readonly except?: string;
	readonly onMaking?: () => void;
};

const obtain = async (options: TemplateOptions, {except, onMaking}: Obtaining): Promise<Template> => {
	const {shape} = options;
	const qemu = await qemuIdentity(options.program);
	const isReadOnly = canMapReadOnly(qemu);
	const hostKey = hostKeyOf(await readTemplateHost(qemu));
	const key = await templateKeyOf(hostKey, shape);
	const target = path.join(options.directory, key);
	const existing = await readTemplate(target, options, isReadOnly);
	const refused = options.shouldRemake ? existing?.id : except;
	if (existing && existing.id !== refused) {
		return existing;
	}

	onMaking?.();
	const making = makings.get(target) ?? (async () => {
		await mkdir(options.directory, {recursive: true, mode: 0o711});
		return withLock(path.join(options.directory, `lock-${shape.cpus}-${shape.memoryBytes}`), async () => {
			// Another process may have made it meanwhile, or may have been killed while making it.
			const found = await readTemplate(target, options, isReadOnly);
			if (found && found.id !== refused) {
				return found;
			}

			const names = await readdir(options.directory);
			const rests = names.filter(name => name.startsWith(`${key}.`));
			await Promise.all(rests.map(async name => rm(path.join(options.directory, name), {recursive: true, force: true})));
			await makeNamed(target, {...options, readOnly: isReadOnly, hostKey});
			const made = await readTemplate(target, options, isReadOnly);
			if (!made) {
				throw new HolmError('internal', `the template ${target} was written to while it was saved`);
			}

			return made;
		});
	})();
	makings.set(target, making);
	try {
		return await making;
	} finally {
		makings.delete(target);
	}
};

/**
The template for a shape, made on first use, which takes a boot of some seconds. Concurrent callers, also in other processes, share one run. `onMaking` is called for each caller that has to wait.

Its stamp (size and ctime of its memory's file) is checked at every use, and a template that was written to is made again.
*/
export const templateOf = async (options: TemplateOptions, onMaking?: () => void): Promise<Template> => obtain(options, {onMaking});
