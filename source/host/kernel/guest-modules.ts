import {Buffer} from 'node:buffer';
import {
	readFile,
	readdir,
	rename,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {gunzipSync, zstdDecompressSync} from 'node:zlib';
import {HolmError} from '../../engine/errors.js';
import {run} from '../run.js';

/** What a machine's guest needs of its kernel, in the order in which it may be loaded. Each stands for the modules it depends on, and for nothing where the kernel has it built in. */
const requiredModules = ['virtio_pci', 'virtio_net', 'virtio_console', 'virtio_blk', 'fuse', 'virtiofs', 'overlay', 'ext4', 'af_packet'];

/** What makes a guest better where the kernel has it: vmgenid and the generator devices give a restored machine fresh entropy; ext4 finds its checksum by its algorithm's name, which no dependency tells. */
const optionalModules = ['vmgenid', 'rng_core', 'virtio_rng', 'crc32c_generic'];

/** The kernel takes both for the same. */
const normalise = (name: string) => name.replaceAll('-', '_');

const nameOf = (file: string) => normalise(path.basename(file).replace(/\.ko(?:\.(?:xz|zst|gz))?$/v, ''));

/** The values of one field of a module's `.modinfo` section, which is a list of `key=value` with a zero after each. */
export const moduleInformation = (module: Uint8Array, key: string): string | undefined => {
	const content = Buffer.from(module.buffer, module.byteOffset, module.byteLength);
	const marker = `\0${key}=`;
	const start = content.indexOf(marker, 0, 'latin1');
	return start === -1 ? undefined : content.toString('latin1', start + marker.length, content.indexOf(0, start + marker.length));
};

const decompress = async (file: string, scratch: string): Promise<Uint8Array> => {
	const content = await readFile(file);
	if (file.endsWith('.zst')) {
		return zstdDecompressSync(content);
	}

	if (file.endsWith('.gz')) {
		return gunzipSync(content);
	}

	if (!file.endsWith('.xz')) {
		return content;
	}

	const copy = path.join(scratch, path.basename(file));
	await writeFile(copy, content);
	await run('xz', ['--decompress', copy]);
	const plain = copy.slice(0, -'.xz'.length);
	const unpacked = await readFile(plain);
	await rename(plain, `${plain}.read`);
	return unpacked;
};

export type GuestModule = {readonly name: string; readonly content: Uint8Array};

/**
The modules that a guest needs out of a kernel's directory, such as `/lib/modules/6.1.0`, unpacked, each after those it depends on.

The dependencies are those that the modules themselves name, because a package that was only unpacked has no modules.dep. Throws `unavailable` when a required one is neither there nor built in.
*/
export const collectModules = async (directory: string, version: string, scratch: string): Promise<readonly GuestModule[]> => {
	const [entries, builtinList] = await Promise.all([
		readdir(directory, {recursive: true, withFileTypes: true}),
		readFile(path.join(directory, 'modules.builtin'), 'utf8'),
	]);
	const files = new Map(entries
		.filter(entry => entry.isFile() && /\.ko(?:\.(?:xz|zst|gz))?$/v.test(entry.name))
		.map(entry => [nameOf(entry.name), path.join(entry.parentPath, entry.name)]));
	const builtin = new Set(builtinList.split('\n').filter(Boolean).map(line => nameOf(line)));
	const collected = new Map<string, GuestModule>();

	const collect = async (name: string): Promise<void> => {
		if (collected.has(name) || builtin.has(name)) {
			return;
		}

		const file = files.get(name);
		if (!file) {
			throw new HolmError('unavailable', `kernel ${version} has no module ${name}`, {remedy: 'use a kernel that is made for virtual machines'});
		}

		const content = await decompress(file, scratch);
		const vermagic = moduleInformation(content, 'vermagic');
		if (!vermagic?.startsWith(`${version} `)) {
			throw new HolmError('unavailable', `module ${name} is not of kernel ${version}, but of ${vermagic ?? 'none'}`);
		}

		const dependencies = (moduleInformation(content, 'depends') ?? '').split(',').filter(Boolean);
		for (const dependency of dependencies) {
			await collect(normalise(dependency));
		}

		collected.set(name, {name, content});
	};

	const wanted = [...requiredModules, ...optionalModules.filter(name => files.has(name))];
	for (const name of wanted) {
		await collect(name);
	}

	return collected.values().toArray();
};
