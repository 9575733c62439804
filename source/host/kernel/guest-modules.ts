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

/** Modules that a guest requires, in load order. Their dependencies are added; built-in ones are skipped. */
const requiredModules = ['virtio_pci', 'virtio_net', 'virtio_console', 'virtio_blk', 'fuse', 'virtiofs', 'overlay', 'ext4', 'af_packet'];

/** Modules that are used if the kernel has them: vmgenid and the random generators give a restored machine fresh entropy; ext4 looks up its checksum by name, which is not a listed dependency. */
const optionalModules = ['vmgenid', 'rng_core', 'virtio_rng', 'crc32c_generic'];

/** The kernel treats `-` and `_` as the same. */
const normalise = (name: string) => name.replaceAll('-', '_');

const nameOf = (file: string) => normalise(path.basename(file).replace(/\.ko(?:\.(?:xz|zst|gz))?$/v, ''));

/** The value of a field in a module's `.modinfo` section, a list of zero-terminated `key=value`. */
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

/** Modules for the containers and the network of the builder. They are loaded there only. */
export const builderModules = ['bridge', 'veth', 'nf_tables', 'nft_chain_nat', 'nft_masq'];

export type GuestModule = {readonly name: string; readonly content: Uint8Array};

/**
Collects modules from a kernel's directory, such as `/lib/modules/6.1.0`: decompressed, each after its dependencies. Default those that a guest needs.

The dependencies are read from the modules, because a package that was only unpacked has no modules.dep. Throws `unavailable` if a required module is neither there nor built in.
*/
export const collectModules = async (
	directory: string,
	version: string,
	scratch: string,
	names?: readonly string[],
): Promise<readonly GuestModule[]> => {
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
			throw new HolmError('unavailable', `kernel ${version} has no module ${name}`, {remedy: 'use a kernel for virtual machines'});
		}

		const content = await decompress(file, scratch);
		const vermagic = moduleInformation(content, 'vermagic');
		if (!vermagic?.startsWith(`${version} `)) {
			throw new HolmError('unavailable', `module ${name} is not for kernel ${version}, but for ${vermagic ?? 'none'}`);
		}

		const dependencies = (moduleInformation(content, 'depends') ?? '').split(',').filter(Boolean);
		for (const dependency of dependencies) {
			await collect(normalise(dependency));
		}

		collected.set(name, {name, content});
	};

	const wanted = names ?? [...requiredModules, ...optionalModules.filter(name => files.has(name))];
	for (const name of wanted) {
		await collect(name);
	}

	return collected.values().toArray();
};
