import {HolmError} from '../../engine/errors.js';
import type {ContainerConfiguration, Mount, Ulimit} from '../../engine/resources.js';
import {defaultMaskedPaths, defaultReadonlyPaths, defaultShmBytes} from '../../engine/container-settings.js';
import {securityOf} from '../../engine/security-options.js';
import {cpuLimitOf, defaultCpuPeriod, machineCpusOf} from '../../rules/containers/cpus.js';
import {machineMemoryOf, memoryLimitIn} from '../../rules/containers/memory.js';
import {seccompOf} from '../../rules/containers/seccomp.js';
import type {User} from './accounts.js';
import {capabilitiesOf} from './capabilities.js';

/** Paths and names in the guest that its scripts know. */
export const guestPaths = {
	rootfs: '/rootfs',
	files: '/run/holm/files',
	/** Busybox and a small init, for use in the container. */
	tools: '/run/holm/tools',
	/** The container's cgroup. */
	cgroup: '/container',
	/** The container's name for crun. */
	name: 'main',
	share: (index: number) => `/shares/${index}`,
	/** A socket that the guest connects with one of the host. */
	socket: (index: number) => `/run/holm/sockets/${index}`,
};

/** Where the tools are mounted in a container: in `/dev`, which is not part of its disk. */
export const toolsInContainer = '/dev/.holm';

/** A mount of a container: a path of the guest, or a file system in memory with the options of its mount. */
export type GuestMount = {readonly target: string; readonly readOnly: boolean} & (
	| {readonly source: string; readonly tmpfs?: undefined}
	| {readonly tmpfs: readonly string[]; readonly source?: undefined}
);

export type BundleOptions = {
	readonly configuration: ContainerConfiguration;
	readonly hostname: string;
	readonly process: {readonly arguments: readonly string[]; readonly environment: readonly string[]; readonly workingDirectory: string};
	readonly user: User;
	readonly mounts: readonly GuestMount[];
};

type OciMount = {destination: string; type: string; source: string; options: string[]};

const systemMounts = ({privileged, ipcMode, shmSize = defaultShmBytes}: Pick<ContainerConfiguration, 'privileged' | 'ipcMode' | 'shmSize'>): OciMount[] => {
	const access = privileged ? 'rw' : 'ro';
	return [
		{destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev']},
		{destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k']},
		{destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
		...ipcMode === 'none' ? [] : [{destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmSize}`]}],
		{destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev']},
		{destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', access]},
		{destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime', access]},
		{destination: toolsInContainer, type: 'bind', source: guestPaths.tools, options: ['bind', 'ro', 'nosuid', 'nodev']},
	];
};

const fileMounts: OciMount[] = ['hosts', 'hostname', 'resolv.conf'].map(name => ({
	destination: `/etc/${name}`, type: 'bind', source: `${guestPaths.files}/${name}`, options: ['bind', 'rw', 'rprivate'],
}));

const tmpfsDefaults = ['nosuid', 'nodev', 'noexec'];

const tmpfsOptions = (options: readonly string[]): string[] => {
	const opposite = (flag: string) => flag.replace(/^no/v, '');
	return [...tmpfsDefaults.filter(flag => !options.includes(opposite(flag))), ...options];
};

const userMounts = (mounts: readonly GuestMount[]): OciMount[] => mounts.map(({target, readOnly, source, tmpfs}) => tmpfs
	? {destination: target, type: 'tmpfs', source: 'tmpfs', options: [...tmpfsOptions(tmpfs), ...readOnly ? ['ro'] : []]}
	: {destination: target, type: 'bind', source, options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw']});

/** All mount points of a container. Missing ones were created on its disk. */
export const mountedPaths = (mounts: readonly Mount[]): readonly string[] =>
	[...[...systemMounts({privileged: false}), ...fileMounts].map(({destination}) => destination), ...mounts.map(({target}) => target)];

/** Sorts mounts so that none hides another: parents first. */
export const outerFirst = <Item>(items: readonly Item[], targetOf: (item: Item) => string): readonly Item[] => {
	const depth = (item: Item) => targetOf(item).split('/').length;
	return items.toSorted((one, other) => depth(one) - depth(other));
};

/** The default devices of the OCI runtime specification, and terminals. */
const devices = [[1, 3], [1, 5], [1, 7], [1, 8], [1, 9], [5, 0], [5, 2]] as const;

/** A low soft limit: programs that need many open files raise it, and programs that close every possible descriptor stay fast. */
const defaultLimits: readonly Ulimit[] = [{name: 'nofile', soft: 1024, hard: 524_288}];

/** Resource limits, as the OCI runtime specification names them. */
const limitNames = new Set(['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack']);

/** `RLIM_INFINITY`, which a number cannot hold. */
const noLimit = (JSON as unknown as {rawJSON: (text: string) => unknown}).rawJSON(String(2n ** 64n - 1n));

/** The `rlimits` of a process. Throws `invalid` for an unknown limit. */
export const limitsOf = (ulimits: readonly Ulimit[]) => [
	...defaultLimits.filter(standard => ulimits.every(({name}) => name.toLowerCase() !== standard.name)),
	...ulimits,
].map(({name, soft, hard}) => {
	if (!limitNames.has(name.toLowerCase())) {
		throw new HolmError('invalid', `invalid ulimit ${JSON.stringify(name.slice(0, 32))}`, {remedy: `the limits are ${[...limitNames].join(', ')}`});
	}

	return {
		type: `RLIMIT_${name.toUpperCase()}`,
		soft: soft < 0 ? noLimit : soft,
		hard: hard < 0 ? noLimit : hard,
	};
});

/** The `process` of the OCI runtime specification 1.0, for a container's first process or an exec. */
export const ociProcess = ({configuration, process, user}: Pick<BundleOptions, 'configuration' | 'process' | 'user'>) => {
	const capabilities = capabilitiesOf(configuration);
	return {
		terminal: configuration.terminal,
		user: {uid: user.uid, gid: user.gid, additionalGids: user.additionalGids, umask: 0o022},
		args: process.arguments,
		env: process.environment,
		cwd: process.workingDirectory,
		capabilities: {
			bounding: capabilities,
			effective: user.uid === 0 ? capabilities : [],
			permitted: user.uid === 0 ? capabilities : [],
			inheritable: [],
			ambient: [],
		},
		rlimits: limitsOf(configuration.ulimits),
		noNewPrivileges: securityOf(configuration.securityOptions).noNewPrivileges,
		...configuration.oomScoreAdjustment !== undefined && {oomScoreAdj: configuration.oomScoreAdjustment},
	};
};

/** Sysctls of the container's own namespaces; the guest sets the others. */
export const isOfNamespace = (name: string): boolean => /^(?:kernel\.(?:domainname|hostname|msg\w+|sem|shm\w+)$|fs\.mqueue\.)/v.test(name);

const sysctlsOf = ({sysctls = {}, domainName}: ContainerConfiguration): Readonly<Record<string, string>> => ({
	...Object.fromEntries(Object.entries(sysctls).filter(([name]) => isOfNamespace(name))),
	...domainName !== undefined && {'kernel.domainname': domainName},
});

/** Limits within the machine. The machine itself limits memory and whole CPUs, unless it needs more than its container may have. */
const limitsIn = (configuration: ContainerConfiguration) => {
	const {cpuPeriod = defaultCpuPeriod, cpuShares, cpusetCpus, cpusetMemories, memoryReservation, pidsLimit} = configuration;
	const cpus = cpuLimitOf(configuration);
	const hasQuota = cpus !== undefined && cpus !== machineCpusOf(configuration);
	const memoryLimit = memoryLimitIn(configuration, machineMemoryOf(configuration));
	const cpu = {
		...hasQuota && {quota: Math.round(cpus * cpuPeriod), period: cpuPeriod},
		...cpuShares !== undefined && {shares: cpuShares},
		...cpusetCpus !== undefined && {cpus: cpusetCpus},
		...cpusetMemories !== undefined && {mems: cpusetMemories},
	};
	const memory = {
		...memoryLimit !== undefined && {limit: memoryLimit},
		...memoryReservation !== undefined && {reservation: memoryReservation},
	};
	return {
		...Object.keys(cpu).length > 0 && {cpu},
		...Object.keys(memory).length > 0 && {memory},
		...pidsLimit !== undefined && {pids: {limit: pidsLimit}},
	};
};

/**
The `config.json` of the OCI runtime specification 1.0 for the one container of a guest.

The container uses the guest's network namespace.
*/
export const bundleOf = (options: BundleOptions): Record<string, unknown> => {
	const {configuration, hostname, process} = options;
	const {seccomp} = securityOf(configuration.securityOptions);
	const capabilities = new Set(capabilitiesOf(configuration));
	const sysctl = sysctlsOf(configuration);
	const masked = configuration.maskedPaths ?? (configuration.privileged ? [] : defaultMaskedPaths);
	const readOnly = configuration.readonlyPaths ?? (configuration.privileged ? [] : defaultReadonlyPaths);
	const {consoleSize} = configuration;
	const initArguments = configuration.init ? [`${toolsInContainer}/init`, '--'] : [];
	return {
		ociVersion: '1.0.2',
		process: {...ociProcess({...options, process: {
			...process,
			arguments: [...initArguments, ...process.arguments],
			environment: [`HOSTNAME=${hostname}`, ...configuration.terminal && process.environment.every(variable => !variable.startsWith('TERM=')) ? ['TERM=xterm'] : [], ...process.environment],
		}}), ...configuration.terminal && consoleSize && {consoleSize: {height: consoleSize.rows, width: consoleSize.columns}}},
		root: {path: guestPaths.rootfs, readonly: configuration.readOnlyRoot},
		hostname,
		mounts: [
			...systemMounts(configuration),
			...outerFirst([...fileMounts, ...userMounts(options.mounts)], ({destination}) => destination),
		],
		...configuration.annotations && {annotations: configuration.annotations},
		linux: {
			cgroupsPath: guestPaths.cgroup,
			namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map(type => ({type})),
			resources: {
				...limitsIn(configuration),
				devices: configuration.privileged
					? [{allow: true, access: 'rwm'}]
					: [{allow: false, access: 'rwm'}, ...devices.map(([major, minor]) => ({
						allow: true, type: 'c', major, minor, access: 'rwm',
					})), {allow: true, type: 'c', major: 136, access: 'rwm'}],
			},
			...masked.length > 0 && {maskedPaths: masked},
			...readOnly.length > 0 && {readonlyPaths: readOnly},
			...Object.keys(sysctl).length > 0 && {sysctl},
			...seccomp !== undefined && {seccomp: seccompOf(seccomp, name => capabilities.has(name))},
			// The guest runs without address space randomisation, and the container would inherit that.
			personality: {domain: 'LINUX'},
		},
	};
};
