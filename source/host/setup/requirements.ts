import {constants} from 'node:fs';
import {
	access,
	mkdir,
	mkdtemp,
	open,
	readFile,
	rm,
	statfs,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {asHolmError, messageOf} from '../../engine/errors.js';
import {assertArchitecture} from '../architecture.js';
import {findKernels, readGuestKernel} from '../kernel/guest-kernel.js';
import {findNetavark, isNetavarkNeeded} from '../netavark.js';
import {canMapReadOnly, qemuIdentity} from '../machines/template/template-key.js';
import {run} from '../run.js';
import {pathsOf} from '../store/paths.js';
import {findCommand, findProgram, isStatic} from './programs.js';
import {
	hostDistribution,
	programs,
	type Distribution,
	type Program,
} from './distributions.js';
import type {Check} from './check.js';
import {checkAccelerator} from './accelerator-check.js';

/** Node 22.20, as in package.json, and QEMU 7.2, the oldest that was tested. */
const oldest = {node: [22, 20], qemu: [7, 2]} as const;

const gibibyte = 1024 ** 3;
const leastMemory = gibibyte;
const leastDisk = 5 * gibibyte;

const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
	const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number);
	return foundMajor > major || (foundMajor === major && foundMinor >= minor);
};

const installRemedy = (distribution: Distribution | undefined, name: string) =>
	distribution ? `sudo ${distribution.install.join(' ')} ${name}` : 'install it with your package manager';

/** Arguments that make each program print its version. */
const versionArguments: Readonly<Record<Program, readonly string[]>> = {
	'qemu-system': ['--version'],
	virtiofsd: ['--version'],
	buildah: ['--version'],
	crun: ['--version'],
	conmon: ['--version'],
	socat: ['-V'],
	dropbear: ['-V'],
	busybox: [],
	catatonit: ['--version'],
	ip: ['-V'],
	nft: ['--version'],
	nsenter: ['--version'],
	setpriv: ['--version'],
	mke2fs: ['-V'],
	debugfs: ['-V'],
	xz: ['--version'],
	find: ['--version'],
	tar: ['--version'],
};

/** Generous, because a slow program on a busy host is not missing. */
const answerLimitMs = 60_000;

/** Some programs print their version and exit with an error. */
const anyStatus = Array.from({length: 256}, (_, status) => status);

const versionOf = async (file: string, program: Program): Promise<string> => {
	const {stdout, stderr} = await run(file, versionArguments[program], {signal: AbortSignal.timeout(answerLimitMs), accept: anyStatus});
	return /(?<!\d)\d{1,4}\.\d[\d.]*/v.exec(`${stdout}\n${stderr}`)?.[0] ?? 'of an unknown version';
};

const checkProgram = async (program: Program, distribution: Distribution | undefined): Promise<Check> => {
	const name = program === 'qemu-system' ? 'qemu' : program;
	const package_ = distribution?.packages[program];
	const fix = {remedy: installRemedy(distribution, package_ ?? program), packages: package_ === undefined ? [] : [package_]};
	const file = await findProgram(program);
	if (!file) {
		return {
			name, status: 'missing', found: 'not installed', ...fix,
		};
	}

	const version = await versionOf(file, program);
	if (program === 'qemu-system' && !isAtLeast(version, oldest.qemu)) {
		return {
			name, status: 'missing', found: `${version} at ${file}`, remedy: `upgrade QEMU to ${oldest.qemu.join('.')} or newer`,
		};
	}

	if ((program === 'busybox' || program === 'catatonit') && !await isStatic(file)) {
		return {
			name, status: 'missing', found: `${file} needs the host's libraries, and a guest has none`, ...fix,
		};
	}

	return {name, status: 'ok', found: `${version} at ${file}`};
};

/** Checks whether buildah needs netavark. `netavark` and `buildah` are the paths of the programs. */
export const checkNetavark = async (
	distribution: Distribution | undefined,
	{netavark, buildah}: {readonly netavark?: string; readonly buildah?: string},
): Promise<Check> => {
	const name = 'netavark';
	if (netavark !== undefined) {
		return {name, status: 'ok', found: netavark};
	}

	if (buildah === undefined || !await isNetavarkNeeded(buildah)) {
		return {name, status: 'ok', found: buildah === undefined ? 'not installed; whether it is needed depends on buildah' : 'not installed, and not needed by this buildah'};
	}

	const package_ = distribution?.packages.netavark;
	return {
		name,
		status: 'missing',
		found: 'not installed, and buildah does not work without it',
		remedy: installRemedy(distribution, package_ ?? name),
		packages: package_ === undefined ? [] : [package_],
	};
};

const checkUser = async (): Promise<Check> => process.getuid?.() === 0
	? {name: 'root', status: 'ok', found: 'running as root'}
	: {
		name: 'root', status: 'missing', found: `running as user ${process.getuid?.() ?? 'unknown'}`, remedy: 'run the command with sudo',
	};

const checkNode = async (): Promise<Check> => isAtLeast(process.versions.node, oldest.node)
	? {name: 'node', status: 'ok', found: process.versions.node}
	: {
		name: 'node', status: 'missing', found: process.versions.node, remedy: `install Node.js ${oldest.node.join('.')} or newer`,
	};

const checkKernel = async (root: string): Promise<Check> => {
	const kernel = await readGuestKernel(root);
	if (kernel) {
		return {name: 'kernel', status: 'ok', found: `${kernel.version} with ${kernel.modules.length} modules, from ${kernel.source}`};
	}

	const [onHost] = await findKernels();
	return {
		name: 'kernel', status: 'missing', found: onHost ? `none for the machines yet; the host has ${onHost.vmlinuz}` : 'none for the machines yet', remedy: 'sudo holm setup',
	};
};

const checkTun = async (): Promise<Check> => {
	try {
		const handle = await open('/dev/net/tun', 'r+');
		await handle.close();
		return {name: 'tun', status: 'ok', found: '/dev/net/tun'};
	} catch (error) {
		return {
			name: 'tun', status: 'missing', found: messageOf(error), remedy: 'sudo modprobe tun',
		};
	}
};

const checkNamespaces = async (): Promise<Check> => {
	try {
		await run('unshare', ['--net', '--', 'true'], {signal: AbortSignal.timeout(answerLimitMs)});
		return {name: 'network namespaces', status: 'ok', found: 'one was made'};
	} catch (error) {
		return {
			name: 'network namespaces', status: 'missing', found: messageOf(error), remedy: 'use root, and a kernel with CONFIG_NET_NS',
		};
	}
};

/** The closest existing ancestor of a path. */
const existing = async (directory: string): Promise<string> => {
	try {
		await access(directory, constants.F_OK);
		return directory;
	} catch {
		return existing(path.dirname(directory));
	}
};

/** Tested in the engine's directory, because not every file system works as an upper layer. */
const checkOverlay = async (root: string): Promise<Check> => {
	let scratch: string | undefined;
	try {
		const base = await existing(root);
		scratch = await mkdtemp(path.join(base === '/' ? tmpdir() : base, '.holm-overlay-'));
		await Promise.all(['lower', 'upper', 'work', 'merged'].map(async name => mkdir(path.join(scratch!, name))));
		// In its own mount namespace, so the mount disappears when the command ends.
		const mount = ['mount', '-t', 'overlay', 'holm', '-o', 'lowerdir=lower,upperdir=upper,workdir=work', 'merged'];
		await run('unshare', ['--mount', '--', ...mount], {cwd: scratch, signal: AbortSignal.timeout(answerLimitMs)});
		return {name: 'overlay mounts', status: 'ok', found: `on ${base}`};
	} catch (error) {
		return {
			name: 'overlay mounts', status: 'missing', found: messageOf(error), remedy: 'sudo modprobe overlay, and keep the engine\'s directory on ext4, xfs or btrfs',
		};
	} finally {
		if (scratch) {
			await rm(scratch, {recursive: true, force: true});
		}
	}
};

const checkArchitecture = async (): Promise<Check> => {
	const name = 'processor';
	try {
		assertArchitecture();
		return {name, status: 'ok', found: process.arch};
	} catch (error) {
		const {message, remedy} = asHolmError(error);
		return {
			name, status: 'missing', found: message, remedy,
		};
	}
};

/** Perl makes files in memory. Without it each machine with volumes has its memory on the disk, and each machine at all with a QEMU before 8.2. */
const checkPerl = async (distribution: Distribution | undefined): Promise<Check> => {
	const name = 'perl';
	const file = await findCommand(name);
	if (file !== undefined) {
		return {name, status: 'ok', found: file};
	}

	const qemu = await findProgram('qemu-system');
	const machines = qemu !== undefined && canMapReadOnly(await qemuIdentity(qemu)) ? 'each machine with volumes' : 'each machine';
	return {
		name, status: 'warning', found: `not installed, so ${machines} has its memory on the disk`, remedy: installRemedy(distribution, name),
	};
};

const inGibibytes = (bytes: number) => `${(bytes / gibibyte).toFixed(1)} GiB`;

const checkMemory = async (): Promise<Check> => {
	const text = await readFile('/proc/meminfo', 'utf8');
	const available = Number(/^MemAvailable:\s+(?<kibibytes>\d+)/mv.exec(text)?.groups?.kibibytes ?? 0) * 1024;
	return available >= leastMemory
		? {name: 'memory', status: 'ok', found: `${inGibibytes(available)} available`}
		: {
			name: 'memory', status: 'warning', found: `${inGibibytes(available)} available`, remedy: 'end other programs, or give containers less with --memory',
		};
};

const checkDisk = async (root: string): Promise<Check> => {
	const directory = await existing(root);
	const {bavail, bsize} = await statfs(directory);
	const free = bavail * bsize;
	return free >= leastDisk
		? {name: 'disk', status: 'ok', found: `${inGibibytes(free)} free on ${directory}`}
		: {
			name: 'disk', status: 'warning', found: `${inGibibytes(free)} free on ${directory}`, remedy: 'free some space, or keep the engine elsewhere with --root',
		};
};

/** Checks everything that the engine needs of its host, by trying it where possible. Does not throw; a failed check is in the result. */
export const checkRequirements = async (root: string): Promise<readonly Check[]> => {
	const distribution = await hostDistribution();
	const checks: ReadonlyArray<readonly [name: string, check: Promise<Check>]> = [
		['root', checkUser()],
		['node', checkNode()],
		...programs.map(program => [program, checkProgram(program, distribution)] as const),
		['netavark', Promise.all([findNetavark(), findProgram('buildah')]).then(async ([netavark, buildah]) => checkNetavark(distribution, {netavark, buildah}))],
		['kernel', checkKernel(root)],
		['tun', checkTun()],
		['network namespaces', checkNamespaces()],
		['overlay mounts', checkOverlay(root)],
		['processor', checkArchitecture()],
		['perl', checkPerl(distribution)],
		['accelerator', checkAccelerator(root)],
		['memory', checkMemory()],
		['disk', checkDisk(root)],
	];
	return Promise.all(checks.map(async ([name, check]): Promise<Check> => {
		try {
			return await check;
		} catch (error) {
			return {name, status: 'missing', found: messageOf(error)};
		}
	}));
};
