import {createHash} from 'node:crypto';
import {
	mkdir,
	mkdtemp,
	open,
	readFile,
	readdir,
	rm,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {withLock} from '../lock.js';
import type {Paths} from '../store/paths.js';
import {
	installKernel,
	kernelFiles,
	readKernel,
	type GuestKernel,
} from './guest-kernel.js';
import {collectModules, type GuestModule} from './guest-modules.js';

/** Offsets in the setup header of the x86 boot protocol (Documentation/arch/x86/boot.rst): the magic, and the pointer to the version string, which is relative to the end of the first sector. */
const header = {magic: 0x2_02, version: 0x2_0E, base: 0x2_00} as const;

/** Enough for the 16-bit pointer and the version string. */
const headerSize = 0x1_00_00 + 0x2_00 + 256;

/** The version of a bzImage, such as `6.1.0-49-cloud-amd64`; undefined for other files. */
export const kernelVersion = (image: Uint8Array): string | undefined => {
	const content = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
	if (content.length < header.version + 2 || content.toString('latin1', header.magic, header.magic + 4) !== 'HdrS') {
		return undefined;
	}

	const pointer = content.readUInt16LE(header.version);
	const text = pointer === 0 ? '' : content.toString('latin1', header.base + pointer, header.base + pointer + 256);
	// It becomes part of a path, so it must not have a slash or be `..`.
	return /^(?<version>\d[\w+\-.~]*)[\0 ]/v.exec(text)?.groups?.version;
};

const readHeader = async (file: string): Promise<Uint8Array> => {
	await using handle = await open(file);
	const buffer = Buffer.alloc(headerSize);
	const {bytesRead} = await handle.read(buffer, 0, headerSize, 0);
	return buffer.subarray(0, bytesRead);
};

const digestOf = async (file: string) => createHash('sha256').update(await readFile(file)).digest('hex').slice(0, 8);

/**
Imports the kernel in `file` with its modules into a directory of the engine, laid out as in `kernelFiles`, on first use.

The modules come from the host's `/lib/modules/VERSION`, or from the engine's own kernel if it has the same version. Throws `invalid` with the reason if `file` is not a kernel or its modules are missing.
*/
export const importKernel = async (paths: Paths, file: string, hostModules = '/lib/modules'): Promise<{readonly kernel: GuestKernel; readonly directory: string}> => {
	let version: string | undefined;
	let digest: string;
	try {
		version = kernelVersion(await readHeader(file));
		digest = await digestOf(file);
	} catch (error) {
		throw new HolmError('invalid', `kernel ${file} cannot be read: ${messageOf(error)}`, {remedy: 'name the file of a kernel, such as /boot/vmlinuz-VERSION', cause: error});
	}

	if (version === undefined) {
		throw new HolmError('invalid', `${file} is not a Linux kernel`, {remedy: 'name a bzImage, such as /boot/vmlinuz-VERSION'});
	}

	const parent = path.join(paths.guest, 'kernels');
	const name = `${version}-${digest}`;
	const directory = path.join(parent, name);
	const existing = await readKernel(directory);
	if (existing) {
		return {kernel: existing, directory};
	}

	return withLock(path.join(parent, 'lock'), async () => {
		const made = await readKernel(directory);
		if (made) {
			return {kernel: made, directory};
		}

		await mkdir(directory, {recursive: true});
		const left = await readdir(parent);
		await Promise.all(left.filter(entry => entry.startsWith('.')).map(async entry => rm(path.join(parent, entry), {recursive: true, force: true})));
		const reasons: string[] = [];
		const sources = [
			async (scratch: string) => collectModules(path.join(hostModules, version), version, scratch),
			async () => ownModules(paths, version),
		];
		for (const source of sources) {
			const scratch = await mkdtemp(path.join(parent, '.'));
			try {
				const modules = await source(scratch);
				const kernel = await installKernel(directory, {version, source: file, vmlinuz: file}, modules, scratch);
				return {kernel, directory};
			} catch (error) {
				reasons.push(messageOf(error));
			} finally {
				await rm(scratch, {recursive: true, force: true});
			}
		}

		await rm(directory, {recursive: true, force: true});
		throw new HolmError('invalid', [`kernel ${file} has no modules for machines`, ...reasons].join('; '), {
			remedy: `put the modules of ${version} below ${path.join(hostModules, version)}`,
		});
	});
};

/** The modules of the engine's own kernel. Throws if it has another version. */
const ownModules = async (paths: Paths, version: string): Promise<readonly GuestModule[]> => {
	const own = await readKernel(paths.guest);
	if (own?.version !== version) {
		throw new HolmError('unavailable', `the engine's own kernel is ${own ? own.version : 'missing'}`);
	}

	const {modules} = kernelFiles(paths.guest);
	return Promise.all(own.modules.map(async name => ({name: path.basename(name, '.ko'), content: await readFile(path.join(modules, name))})));
};
