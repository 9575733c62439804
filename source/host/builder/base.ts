import {createHash} from 'node:crypto';
import {
	chmod,
	chown,
	copyFile,
	glob,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {HolmError, messageOf} from '../../engine/errors.js';
import {installBusybox} from '../busybox.js';
import {formatDisk, synchronise} from '../images/format-disk.js';
import {fullDisk} from '../images/disk-error.js';
import {moreModules, readGuestKernel, type GuestKernel, type SetupStep} from '../kernel/guest-kernel.js';
import {builderModules, type GuestModule} from '../kernel/guest-modules.js';
import {librariesOf} from '../libraries.js';
import {withLock} from '../lock.js';
import {run} from '../run.js';
import {missingWith, unpackPackages} from '../setup/debian-packages.js';
import {hostDistribution} from '../setup/distributions.js';
import {findCommand, firstExecutable} from '../setup/programs.js';
import {orMissing} from '../store/missing.js';
import type {Paths} from '../store/paths.js';

/** First process of the builder. It is outside `dist`, because it is not TypeScript. */
const startScript = fileURLToPath(new URL('../../../../source/host/machines/guest/builder', import.meta.url));

/** Docker's daemon has BuildKit, and is packaged by every distribution; BuildKit's own daemon is not. Containerd and its shim are for the classic builder. */
const requiredPrograms = ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc', 'nft', 'socat'];

/** For build contexts from repositories. Git finds its helpers at their paths. */
const gitPrograms = ['/usr/bin/git', '/usr/lib/git-core/git-remote-https', '/usr/libexec/git-core/git-remote-https'];

const packages = ['docker.io', 'git'];

/** Of Debian and its kin, of Fedora and its kin, and of openSUSE. */
const certificates = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];

type Source = {
	/** Where packages were unpacked; undefined if the host has all programs. */
	readonly unpacked?: string;
	readonly programs: readonly string[];
};

const namesOf = (name: string, unpacked?: string): readonly string[] => unpacked === undefined
	? []
	: ['usr/bin', 'usr/sbin', 'bin', 'sbin'].map(directory => path.join(unpacked, directory, name));

type Search = {readonly found: readonly string[]; readonly missing: readonly string[]};

const find = async (names: readonly string[], unpacked?: string): Promise<Search> => {
	const files = await Promise.all(names.map(async name => await findCommand(name) ?? firstExecutable(namesOf(name, unpacked))));
	return {found: files.filter(file => file !== undefined), missing: names.filter((_, index) => files[index] === undefined)};
};

const gather = async (scratch: string, onStep: (step: SetupStep) => void): Promise<Source> => {
	const onHost = await find(requiredPrograms);
	if (onHost.missing.length === 0) {
		return {programs: onHost.found};
	}

	const distribution = await hostDistribution();
	if (!distribution?.kernel) {
		throw new HolmError('unavailable', `building images needs ${onHost.missing.join(', ')}, and this host has none of them`, {remedy: 'install Docker\'s engine; its service need not run'});
	}

	const unpacked = await unpackPackages(scratch, async () => missingWith(packages), onStep).catch((error: unknown) => {
		throw new HolmError('unavailable', `building images needs ${onHost.missing.join(', ')}, and the packages ${packages.join(' and ')} cannot be downloaded: ${messageOf(error)}`, {remedy: 'install docker.io, or look at the sources and the network of apt-get', cause: error});
	});
	const {found, missing} = await find(requiredPrograms, unpacked);
	if (missing.length > 0) {
		throw new HolmError('unavailable', `the packages ${packages.join(' and ')} of this distribution do not have ${missing.join(', ')}`, {remedy: 'install Docker\'s engine; its service need not run'});
	}

	return {unpacked, programs: found};
};

/** Copies a program with the libraries that it loads. */
const copyProgram = async (file: string, root: string, target: string, searchPath: string): Promise<void> => {
	await mkdir(path.join(root, path.dirname(target)), {recursive: true});
	await copyFile(file, path.join(root, target));
	const libraries = await librariesOf(file, searchPath);
	for (const library of libraries) {
		// The linker of the program is at the path that the program names; the others are found in one directory.
		const isLinker = /\/ld-[^\/]*$/v.test(library);
		const place = path.join(root, isLinker ? library : path.join('/usr/lib', path.basename(library)));
		await mkdir(path.dirname(place), {recursive: true});
		await copyFile(library, place);
	}
};

const stage = async (root: string, {unpacked, programs}: Source, modules: readonly GuestModule[]): Promise<void> => {
	for (const name of ['bin', 'dev', 'etc', 'lib/modules', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'usr/lib', 'var/lib/docker']) {
		await mkdir(path.join(root, name), {recursive: true, mode: 0o755});
	}

	await symlink('../run', path.join(root, 'var/run'));
	const busybox = await findCommand('busybox');
	if (busybox === undefined) {
		throw new HolmError('unavailable', 'busybox is not installed', {remedy: 'holm setup installs it'});
	}

	await installBusybox(busybox, path.join(root, 'bin'));
	const libraries = unpacked === undefined ? [] : await Array.fromAsync(glob(['lib/*-linux-gnu', 'usr/lib/*-linux-gnu', 'usr/lib'], {cwd: unpacked}));
	const searchPath = libraries.map(directory => path.join(unpacked!, directory)).join(':');
	for (const program of programs) {
		await copyProgram(program, root, path.join('usr/bin', path.basename(program)), searchPath);
	}

	for (const program of gitPrograms) {
		const file = await firstExecutable([program, ...unpacked === undefined ? [] : [path.join(unpacked, program)]]);
		if (file !== undefined) {
			await copyProgram(file, root, program, searchPath);
		}
	}

	await writeFile(path.join(root, 'etc/ld.so.conf'), '/usr/lib\n');
	await run('ldconfig', ['-r', root]);
	// Since version 29 Docker would name images by the digests of their manifests.
	await mkdir(path.join(root, 'etc/docker'));
	await writeFile(path.join(root, 'etc/docker/daemon.json'), '{"features": {"containerd-snapshotter": false}}\n');
	await mkdir(path.join(root, 'etc/containerd'));
	await writeFile(path.join(root, 'etc/containerd/config.toml'), containerdConfiguration);
	await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
	await writeFile(path.join(root, 'etc/group'), 'root:x:0:\n');
	await writeFile(path.join(root, 'etc/os-release'), 'PRETTY_NAME="Holm builder"\nID=holm\n');
	for (const file of certificates) {
		const text = await orMissing(readFile(file));
		if (text) {
			await mkdir(path.join(root, 'etc/ssl/certs'), {recursive: true});
			await writeFile(path.join(root, 'etc/ssl/certs/ca-certificates.crt'), text);
			break;
		}
	}

	for (const {name, content} of modules) {
		await writeFile(path.join(root, 'lib/modules', `${name}.ko`), content);
	}

	await writeFile(path.join(root, 'lib/modules/order'), modules.map(({name}) => `${name}.ko\n`).join(''));
	await copyFile(startScript, path.join(root, 'bin/start'));
	await chmod(path.join(root, 'bin/start'), 0o755);
};

/** As dockerd's own for a containerd that it starts, but for the places. */
const containerdConfiguration = `version = 2
root = "/var/lib/docker/containerd/daemon"
state = "/run/docker/containerd/daemon"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
address = "/run/holm/containerd.sock"

[debug]
level = "warn"
`;

const keyOf = async ({sha256, modules}: GuestKernel, diskBytes: number): Promise<string> => createHash('sha256')
	.update(`${sha256}\n${modules.join(' ')}\n${diskBytes}\n${builderModules.join(' ')}\n`)
	.update(await readFile(startScript))
	.update(containerdConfiguration)
	.digest('hex')
	.slice(0, 16);

const make = async (paths: Paths, kernel: GuestKernel, file: string, {diskBytes, gid, onStep}: BaseOptions): Promise<void> => {
	const scratch = await mkdtemp(path.join(paths.builderDisks, '.making-'));
	try {
		await mkdir(path.join(scratch, 'kernel'));
		await mkdir(path.join(scratch, 'packages'));
		const modules = await moreModules(paths.guest, kernel, {names: builderModules, scratch: path.join(scratch, 'kernel'), onProgress: onStep});
		const source = await gather(path.join(scratch, 'packages'), onStep);
		onStep({step: 'builder', detail: 'making its disk'});
		const root = path.join(scratch, 'root');
		await stage(root, source, modules);
		const disk = path.join(scratch, 'disk');
		await formatDisk(disk, root, diskBytes);
		await synchronise(disk);
		await chown(disk, 0, gid);
		await chmod(disk, 0o640);
		await rename(disk, file);
	} catch (error) {
		throw fullDisk('Cannot make the disk of the builder', error instanceof HolmError ? error : new HolmError('unavailable', `the builder cannot be made: ${messageOf(error)}`, {remedy: 'holm doctor says what this host lacks', cause: error}));
	} finally {
		await rm(scratch, {recursive: true, force: true});
	}
};

export type BaseOptions = {
	/** Capacity of the disk. Unused blocks take no space on the host. */
	readonly diskBytes: number;
	/** Group of the machines, which may read it. */
	readonly gid: number;
	readonly onStep: (step: SetupStep) => void;
};

/**
The base disk of the builder, made at first use of the programs of this host, or of its distribution's packages, which are not installed.

Throws `unavailable` with what is missing.
*/
export const builderBase = async (paths: Paths, options: BaseOptions): Promise<string> => {
	const kernel = await readGuestKernel(paths.root);
	if (!kernel) {
		throw new HolmError('unavailable', 'the engine has no kernel for machines', {remedy: 'holm setup gets it'});
	}

	const directory = paths.builderDisks;
	await mkdir(directory, {recursive: true, mode: 0o711});
	await chmod(directory, 0o711);
	const file = path.join(directory, `${await keyOf(kernel, options.diskBytes)}.ext4`);
	if (!await orMissing(stat(file))) {
		await withLock(path.join(directory, 'lock'), async () => {
			if (!await orMissing(stat(file))) {
				await make(paths, kernel, file, options);
			}
		});
	}

	return file;
};

/** Removes the base disks, so that the next builder gets the newest programs. No builder may use them. */
export const removeBases = async (paths: Paths): Promise<void> => {
	const directory = paths.builderDisks;
	for (const name of await orMissing(readdir(directory)) ?? []) {
		await rm(path.join(directory, name), {recursive: true, force: true});
	}
};
