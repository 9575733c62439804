import {createHash} from 'node:crypto';
import {
	access,
	mkdir,
	readFile,
	readdir,
	rm,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../errors.js';
import {withLock} from '../lock.js';
import {run} from '../run.js';
import {makeTemplate, type MakeOptions} from './make-template.js';
import {qemuArguments, type MachineShape} from './qemu.js';
import {isIntact, readSeal, templateFiles} from './seal.js';

/** A saved machine that waits for its start message, from which others start. */
export type Template = {
	readonly shape: MachineShape;
	/** The first part of the kernel, see `QemuOptions`. */
	readonly kernelStart: string;
	/** Memory; mapped privately by machines, never written again. */
	readonly ram: string;
	/** State of the devices, as QEMU's migration stream. */
	readonly state: Uint8Array;
	/** What its kernel printed while it booted. */
	readonly boot: Uint8Array;
	/** QEMU can map a file privately that it cannot write (from 8.2 on). */
	readonly readOnly: boolean;
};

export type TemplateOptions = Omit<MakeOptions, 'readOnly'> & {
	/** Directory of all templates. */
	readonly directory: string;
};

/** Part of every key: raised when the files of a template change. */
const format = 4;

const versions = new Map<string, Promise<string>>();

/** Asked once in an engine's life: an upgrade of QEMU counts from the next start of the engine. */
const qemuVersion = async (program: string): Promise<string> => {
	const known = versions.get(program);
	if (known) {
		return known;
	}

	const asked = (async () => {
		const {stdout} = await run(program, ['--version'], {remedy: 'holm setup installs QEMU'});
		return /version (?<version>[\d.]+)/v.exec(stdout)?.groups?.version ?? '0';
	})();
	versions.set(program, asked);
	asked.catch(() => versions.delete(program));
	return asked;
};

const mapsReadOnly = (version: string) => {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	return major > 8 || (major === 8 && minor >= 2);
};

/** Undefined when there is none or when its memory has been written since it was sealed. */
const readTemplate = async (target: string, shape: MachineShape, readOnly: boolean): Promise<Template | undefined> => {
	const {ram, kernelStart, state, boot} = templateFiles(target);
	try {
		return await isIntact(target, shape)
			? {
				shape, ram, kernelStart, state: await readFile(state), boot: await readFile(boot), readOnly,
			}
			: undefined;
	} catch {
		return undefined;
	}
};

/** Removes the templates whose initramfs is gone. Machines that run keep the memory they have of them. */
export const pruneTemplates = async (directory: string): Promise<void> => {
	const names = await readdir(directory).catch(() => []);
	for (const name of names) {
		const template = path.join(directory, name);
		try {
			const {initramfs} = await readSeal(template);
			await access(initramfs).catch(async () => rm(template, {recursive: true, force: true}));
		} catch {
			// A lock, or one that is being made.
		}
	}
};

/** Names everything that a template depends on. */
const keyOf = async (version: string, shape: MachineShape): Promise<string> => {
	const parts = await Promise.all([shape.kernel, shape.initramfs].map(async file => {
		const {size, mtimeMs} = await stat(file);
		return `${file} ${size} ${mtimeMs}`;
	}));
	const arguments_ = qemuArguments({
		shape, directory: '', name: '', ram: {path: '', share: true, readOnly: false},
	});
	return createHash('sha256').update(JSON.stringify([format, version, arguments_, parts])).digest('hex').slice(0, 16);
};

const makings = new Map<string, Promise<Template>>();

/**
The template of a shape, made on first use (a boot: seconds). Callers that ask at once share one making, in other processes too; `onMaking` is called for each that has to wait.

A machine of QEMU before 8.2 must be able to open the memory for writing, so its seal (size and time of the last change, which only the kernel sets) is compared at every use, and a template that somebody wrote to is made anew.
*/
export const templateOf = async (options: TemplateOptions, onMaking?: () => void): Promise<Template> => {
	const {shape} = options;
	const version = await qemuVersion(options.program);
	const readOnly = mapsReadOnly(version);
	const key = await keyOf(version, shape);
	const target = path.join(options.directory, key);
	const existing = await readTemplate(target, shape, readOnly);
	if (existing) {
		return existing;
	}

	onMaking?.();
	const making = makings.get(target) ?? (async () => {
		await mkdir(options.directory, {recursive: true, mode: 0o711});
		return withLock(path.join(options.directory, `lock-${shape.cpus}-${shape.memoryBytes}`), async () => {
			// Another process may have made it meanwhile, or have been killed while it did.
			const found = await readTemplate(target, shape, readOnly);
			if (found) {
				return found;
			}

			const names = await readdir(options.directory);
			const rests = names.filter(name => name.startsWith(`${key}.`));
			await Promise.all(rests.map(async name => rm(path.join(options.directory, name), {recursive: true, force: true})));
			await makeTemplate(target, {...options, readOnly});
			const made = await readTemplate(target, shape, readOnly);
			if (!made) {
				throw new HolmError('internal', `the template ${key} was written to while it was saved`);
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
