import {createHash} from 'node:crypto';
import {
	access,
	chmod,
	constants,
	copyFile,
	glob,
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {hostDistribution} from '../setup/distributions.js';
import {packageEnvironment, unpackPackages} from '../setup/debian-packages.js';
import {run} from '../run.js';
import {throwUnreadable} from '../store/missing.js';
import {pathsOf} from '../store/paths.js';
import {collectModules, moduleInformation, type GuestModule} from './guest-modules.js';

/** A step of a long operation, reported before it is done. */
export type SetupStep = {readonly step: string; readonly detail: string};

/** The machines' kernel, as recorded in `kernel.json`. That file is written last; without it the kernel is incomplete. */
export type GuestKernel = {
	readonly version: string;
	/** Package or path that it came from. */
	readonly source: string;
	/** SHA-256 of `vmlinuz`. */
	readonly sha256: string;
	/** File names in `modules`, in the order to load them. */
	readonly modules: readonly string[];
};

/** A kernel that could be used for the machines. */
type Candidate = {readonly version: string; readonly source: string; readonly vmlinuz: string; readonly modules: string};

/** The files of a kernel in a directory. */
export const kernelFiles = (directory: string) => ({
	directory,
	record: path.join(directory, 'kernel.json'),
	vmlinuz: path.join(directory, 'vmlinuz'),
	modules: path.join(directory, 'modules'),
});

const filesOf = (root: string) => kernelFiles(pathsOf(root).guest);

const digestOf = async (file: string) => createHash('sha256').update(await readFile(file)).digest('hex');

/** The engine's kernel, if it is intact: its image has the recorded digest, and every module is for that kernel. */
export const readGuestKernel = async (root: string): Promise<GuestKernel | undefined> => readKernel(pathsOf(root).guest);

/** The same for a kernel in any directory. */
export const readKernel = async (directory: string): Promise<GuestKernel | undefined> => {
	const {record, vmlinuz, modules} = kernelFiles(directory);
	try {
		const kernel = JSON.parse(await readFile(record, 'utf8')) as GuestKernel;
		const order = await readFile(path.join(modules, 'order'), 'utf8');
		const contents = await Promise.all(kernel.modules.map(async name => readFile(path.join(modules, name))));
		return await digestOf(vmlinuz) === kernel.sha256
			&& order === `${kernel.modules.join('\n')}\n`
			&& contents.every(content => moduleInformation(content, 'vermagic')?.startsWith(`${kernel.version} `))
			? kernel
			: undefined;
	} catch (error) {
		throwUnreadable(error);
		return undefined;
	}
};

const firstReadable = async (files: readonly string[]): Promise<string | undefined> => {
	for (const file of files) {
		try {
			await access(file, constants.R_OK);
			return file;
		} catch {}
	}

	return undefined;
};

/** Finds kernels with their modules below a root file system, newest first. */
export const findKernels = async (base = '/'): Promise<readonly Candidate[]> => {
	const found: Candidate[] = [];
	const directories = await Array.fromAsync(glob(['lib/modules/*', 'usr/lib/modules/*'], {cwd: base}));
	for (const directory of directories) {
		const modules = path.join(base, directory);
		const version = path.basename(directory);
		const vmlinuz = await firstReadable([path.join(modules, 'vmlinuz'), path.join(base, 'boot', `vmlinuz-${version}`)]);
		if (vmlinuz) {
			found.push({
				version, source: vmlinuz, vmlinuz, modules,
			});
		}
	}

	return found.toSorted((one, other) => other.version.localeCompare(one.version, 'en', {numeric: true}));
};

/** The kernel package that a metapackage depends on. */
const kernelPackage = async (metapackage: string): Promise<string> => {
	const {stdout} = await run('apt-cache', ['depends', '--important', metapackage], {environment: packageEnvironment});
	const name = /Depends: (?<name>linux-image-\d[\d+\-.a-z~]*)$/mv.exec(stdout)?.groups?.name;
	if (!name) {
		throw new HolmError('unavailable', `package ${metapackage} names no kernel`, {remedy: 'run: apt-get update'});
	}

	return name;
};

/** A kernel's package, and that of its modules where the distribution has a separate one. */
const packagesOf = async (name: string): Promise<readonly string[]> => {
	// Ubuntu has the modules in a separate package.
	const modulesPackage = name.replace('linux-image-', 'linux-modules-');
	const {exitCode} = await run('apt-cache', ['show', '--quiet=2', modulesPackage], {environment: packageEnvironment, accept: [0, 100]});
	return exitCode === 0 ? [name, modulesPackage] : [name];
};

/** Downloads and unpacks a kernel without installing it, so the host's boot loader and initramfs are not changed. */
const downloadKernel = async (metapackage: string, scratch: string, onProgress: (step: SetupStep) => void): Promise<Candidate> => {
	let name = metapackage;
	const base = await unpackPackages(scratch, async () => {
		name = await kernelPackage(metapackage);
		return packagesOf(name);
	}, onProgress);
	const [kernel] = await findKernels(base);
	if (!kernel) {
		throw new HolmError('unavailable', `package ${name} has no kernel that can be read`);
	}

	return {...kernel, source: name};
};

export type MoreModules = {
	readonly names: readonly string[];
	readonly scratch: string;
	readonly onProgress?: (step: SetupStep) => void;
};

/** More modules of the kernel in `directory`, from the host or, if that has none, from the kernel's package. */
export const moreModules = async (
	directory: string,
	{version, source}: GuestKernel,
	{names, scratch, onProgress}: MoreModules,
): Promise<readonly GuestModule[]> => {
	const isOfVersion = (kernel: Candidate) => kernel.version === version;
	const onHost = await findKernels();
	let found = onHost.find(kernel => isOfVersion(kernel));
	if (!found && source.startsWith('linux-image-')) {
		const unpacked = await findKernels(await unpackPackages(scratch, async () => packagesOf(source), onProgress));
		found = unpacked.find(kernel => isOfVersion(kernel));
	}

	if (!found) {
		throw new HolmError('unavailable', `the modules of kernel ${version} are not on this host any more`, {remedy: `remove ${directory}/kernel.json, and holm setup gets a newer kernel`});
	}

	return collectModules(found.modules, version, scratch, names);
};

/** Makes a kernel's files in `scratch`, which must be on the same file system, checks them, and moves them to `directory`. */
export const installKernel = async (directory: string, candidate: Omit<Candidate, 'modules'>, modules: readonly GuestModule[], scratch: string): Promise<GuestKernel> => {
	const files = kernelFiles(directory);
	const made = {vmlinuz: path.join(scratch, 'vmlinuz'), modules: path.join(scratch, 'modules'), record: path.join(scratch, 'kernel.json')};
	await copyFile(candidate.vmlinuz, made.vmlinuz);
	// On Ubuntu only root may read it, but machines run as other users.
	await chmod(made.vmlinuz, 0o644);
	const {size} = await stat(made.vmlinuz);
	if (size < 1024 * 1024) {
		throw new HolmError('unavailable', `${candidate.vmlinuz} is too small for a kernel: ${size} bytes`);
	}

	await mkdir(made.modules);
	for (const {name, content} of modules) {
		await writeFile(path.join(made.modules, `${name}.ko`), content);
	}

	const kernel: GuestKernel = {
		version: candidate.version,
		source: candidate.source,
		sha256: await digestOf(made.vmlinuz),
		modules: modules.map(({name}) => `${name}.ko`),
	};
	await writeFile(path.join(made.modules, 'order'), `${kernel.modules.join('\n')}\n`);
	await writeFile(made.record, `${JSON.stringify(kernel, undefined, '\t')}\n`, {flush: true});
	await rm(files.record, {force: true});
	await rm(files.modules, {recursive: true, force: true});
	await rename(made.modules, files.modules);
	await rename(made.vmlinuz, files.vmlinuz);
	await rename(made.record, files.record);
	return kernel;
};

export type FetchOptions = {
	/** Make it again even if it is intact; default false. */
	readonly renew?: boolean;
	/** Whether the package manager may be used; default true. */
	readonly download?: boolean;
	/** Root file system that is searched for the host's kernels; default `/`. */
	readonly base?: string;
};

const scratchPrefix = '.kernel-';

/**
Makes `vmlinuz`, `modules/` with its `order`, and `kernel.json` in an engine's guest directory. Keeps an existing kernel that is intact.

If the distribution has a package with a kernel for virtual machines, it is downloaded without being installed. Otherwise, or if that fails, the newest kernel of the host with all modules is copied. Throws `unavailable` with every reason if there is none.
*/
export const fetchKernel = async (
	root: string,
	onProgress: (step: SetupStep) => void = () => undefined,
	{renew = false, download = true, base = '/'}: FetchOptions = {},
): Promise<GuestKernel> => {
	const existing = renew ? undefined : await readGuestKernel(root);
	if (existing) {
		return existing;
	}

	const {directory} = filesOf(root);
	await mkdir(directory, {recursive: true});
	// Leftovers of a call that was killed.
	const left = await readdir(directory);
	await Promise.all(left
		.filter(name => name.startsWith(scratchPrefix))
		.map(async name => rm(path.join(directory, name), {recursive: true, force: true})));

	const distribution = download ? await hostDistribution() : undefined;
	const onHost = await findKernels(base);
	const sources: ReadonlyArray<(scratch: string) => Promise<Candidate>> = [
		...(distribution?.kernel ? [async (scratch: string) => downloadKernel(distribution.kernel!, scratch, onProgress)] : []),
		...onHost.map(candidate => async () => candidate),
	];
	const reasons: unknown[] = [];
	for (const source of sources) {
		const scratch = await mkdtemp(path.join(directory, scratchPrefix));
		try {
			const candidate = await source(scratch);
			onProgress({step: 'kernel', detail: `${candidate.version} from ${candidate.source}`});
			const modules = await collectModules(candidate.modules, candidate.version, scratch);
			return await installKernel(directory, candidate, modules, scratch);
		} catch (error) {
			reasons.push(error);
		} finally {
			await rm(scratch, {recursive: true, force: true});
		}
	}

	throw new HolmError('unavailable', ['no kernel for the machines was found', ...reasons.map(reason => messageOf(reason))].join('; '), {
		remedy: 'install a kernel package of your distribution, or put vmlinuz below /boot and its modules below /lib/modules',
		cause: new AggregateError(reasons, 'every source failed'),
	});
};
