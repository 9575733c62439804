import {createHash} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {
	access,
	chmod,
	copyFile,
	cp,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {fileURLToPath} from 'node:url';
import {createGzip} from 'node:zlib';
import {HolmError} from '../../engine/errors.js';
import {installBusybox} from '../busybox.js';
import {librariesOf} from '../libraries.js';
import {run} from '../run.js';

export type InitramfsParts = {
	/** Directory of the kernel's modules, with their `order`. */
	readonly modules: string;
	/** Digest of the kernel. */
	readonly kernel: string;
	/** The only key that the guest's SSH server accepts. */
	readonly publicKey: string;
};

/** The guest's scripts, with their paths in the guest. */
const scripts = {
	init: 'init', guest: 'bin/guest', runtime: 'bin/runtime', execute: 'bin/execute', check: 'bin/check',
} as const;

/** They are outside `dist`, because they are not TypeScript. */
const scriptDirectory = fileURLToPath(new URL('../../../../source/host/machines/guest/', import.meta.url));

/** Programs of the host that a guest needs, with their paths in the guest. */
const programs = {
	crun: 'bin/crun',
	conmon: 'bin/conmon',
	socat: 'bin/socat',
	dropbear: 'bin/dropbear',
	date: 'bin/date.coreutils',
	find: 'bin/find.gnu',
	tar: 'bin/tar.gnu',
	catatonit: 'tools/init',
} as const;

const searchPath = ['/usr/bin', '/usr/sbin', '/bin', '/sbin', '/usr/local/bin', '/usr/local/sbin'];

const find = async (name: string, directories: readonly string[] = searchPath): Promise<string> => {
	for (const directory of directories) {
		const candidate = path.join(directory, name);
		try {
			await access(candidate);
			return candidate;
		} catch {}
	}

	throw new HolmError('unavailable', `${name} is not installed, and every machine's guest needs it`, {remedy: 'holm setup installs what is missing'});
};

const stage = async (directory: string, {modules, publicKey}: InitramfsParts) => {
	for (const name of ['bin', 'etc/dropbear', 'modules', 'root/.ssh', 'tools']) {
		await mkdir(path.join(directory, name), {recursive: true, mode: 0o755});
	}

	// Dropbear ignores keys in a directory that others can write to.
	await chmod(path.join(directory, 'root'), 0o700);
	await writeFile(path.join(directory, 'root/.ssh/authorized_keys'), `${publicKey}\n`, {mode: 0o600});

	const busybox = await find('busybox', ['/bin', '/usr/bin', '/usr/lib/busybox', '/usr/lib/initcpio']);
	await installBusybox(busybox, path.join(directory, 'bin'), ['init']);

	const libraries = new Set<string>();
	for (const [program, target] of Object.entries(programs)) {
		const file = await find(program);
		await copyFile(file, path.join(directory, target));
		for (const library of await librariesOf(file)) {
			libraries.add(library);
		}
	}

	for (const library of libraries) {
		const target = path.join(directory, library);
		await mkdir(path.dirname(target), {recursive: true});
		await copyFile(library, target);
	}

	await cp(modules, path.join(directory, 'modules'), {recursive: true});
	await writeFile(path.join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
	await writeFile(path.join(directory, 'etc/group'), 'root:x:0:\n');
	await writeFile(path.join(directory, 'etc/shells'), '/bin/sh\n');
	for (const [script, target] of Object.entries(scripts)) {
		await copyFile(path.join(scriptDirectory, script), path.join(directory, target));
		await chmod(path.join(directory, target), 0o755);
	}
};

const hashOf = async (file: string) => {
	const hash = createHash('sha256');
	await pipeline(createReadStream(file), hash);
	return hash.digest('hex');
};

/** A line that changes with a program: its size in bytes and the time of its last change in whole seconds. Links are followed. */
export const programStamp = async (program: string): Promise<string> => {
	const {size, mtimeNs} = await stat(program, {bigint: true});
	return `${size} ${mtimeNs / 1_000_000_000n}\n`;
};

/**
Hash of the parts of an initramfs. It changes with the host's programs, the guest's scripts, the kernel and the engine's key.
*/
export const initramfsKey = async ({modules, publicKey, kernel}: InitramfsParts): Promise<string> => {
	const hash = createHash('sha256').update(`${kernel}\n${publicKey}\n`);
	for (const script of Object.keys(scripts)) {
		hash.update(await readFile(path.join(scriptDirectory, script)));
	}

	for (const program of Object.keys(programs)) {
		hash.update(await programStamp(await find(program)));
	}

	hash.update(await readFile(path.join(modules, 'order')));
	return hash.digest('hex').slice(0, 16);
};

/**
Makes the initramfs of the machines, a gzipped cpio archive in `newc` format, from programs of the host and modules of the kernel.

Resolves with its SHA-256. Throws `unavailable`, naming a program that the host lacks.
*/
export const makeInitramfs = async (target: string, parts: InitramfsParts): Promise<string> => {
	await mkdir(path.dirname(target), {recursive: true});
	const staging = await mkdtemp(`${target}.`);
	try {
		const root = path.join(staging, 'root');
		await stage(root, parts);
		const names = await readdir(root, {recursive: true});
		const archive = path.join(staging, 'archive');
		await run('busybox', ['cpio', '-o', '-H', 'newc', '-F', archive], {cwd: root, input: names.map(name => `${name}\n`).join('')});
		const compressed = path.join(staging, 'compressed');
		await pipeline(createReadStream(archive), createGzip({level: 1}), createWriteStream(compressed));
		await chmod(compressed, 0o644);
		await rename(compressed, target);
		return await hashOf(target);
	} finally {
		await rm(staging, {recursive: true, force: true});
	}
};
