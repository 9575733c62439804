import {readFile} from 'node:fs/promises';

/** The programs of the host that the engine uses. `qemu-system` is the one for the host's architecture. */
export const programs = [
	'qemu-system', 'virtiofsd', 'buildah', 'crun', 'conmon', 'socat', 'dropbear', 'busybox', 'catatonit', 'ip', 'nft', 'nsenter', 'setpriv', 'mke2fs', 'debugfs', 'xz', 'find', 'tar',
] as const;

export type Program = typeof programs[number];

/** A command with its arguments. */
export type Command = readonly [file: string, ...arguments_: string[]];

export type Distribution = {
	/** Values of ID and ID_LIKE in os-release for this family. */
	readonly ids: readonly string[];
	readonly install: Command;
	/** Refreshes the package lists. */
	readonly refresh: Command;
	/** Succeeds if the lists have the package that is appended. */
	readonly query: Command;
	/** Directory of the package lists, which is empty in a fresh container or image. */
	readonly lists: string;
	readonly packages: Readonly<Record<Program | 'netavark', string>>;
	/** A metapackage for the newest kernel for virtual machines, if the package manager can download packages without installing them. */
	readonly kernel?: string;
};

export type Architecture = {
	/** QEMU's name for it. */
	readonly qemu: string;
	readonly debian: string;
	/** Names of QEMU's packages. */
	readonly qemuPackages: {readonly debian: string; readonly fedora: string; readonly arch: string};
};

const architectures: Readonly<Record<string, Architecture>> = {
	x64: {qemu: 'x86_64', debian: 'amd64', qemuPackages: {debian: 'qemu-system-x86', fedora: 'qemu-system-x86-core', arch: 'qemu-system-x86'}},
	arm64: {qemu: 'aarch64', debian: 'arm64', qemuPackages: {debian: 'qemu-system-arm', fedora: 'qemu-system-aarch64-core', arch: 'qemu-system-aarch64'}},
};

/** The host's architecture; undefined if it is unknown. */
export const architectureOf = (arch: string = process.arch): Architecture | undefined => architectures[arch];

const common = {
	virtiofsd: 'virtiofsd',
	buildah: 'buildah',
	netavark: 'netavark',
	crun: 'crun',
	conmon: 'conmon',
	socat: 'socat',
	dropbear: 'dropbear',
	busybox: 'busybox',
	catatonit: 'catatonit',
	ip: 'iproute2',
	nft: 'nftables',
	nsenter: 'util-linux',
	setpriv: 'util-linux',
	mke2fs: 'e2fsprogs',
	debugfs: 'e2fsprogs',
	xz: 'xz',
	find: 'findutils',
	tar: 'tar',
};

type Release = {readonly id: string; readonly like: readonly string[]; readonly version: number};

/** Debian's names. `dropbear-bin` is dropbear without the service. */
const debianPackages = {
	...common, dropbear: 'dropbear-bin', busybox: 'busybox-static', xz: 'xz-utils',
};

/** The last releases whose QEMU packages included virtiofsd. */
const lastWithVirtiofsdInQemu: Readonly<Record<string, number>> = {debian: 12, ubuntu: 23.04};

const apt = {
	install: ['apt-get', 'install', '--yes', '--no-install-recommends'],
	refresh: ['apt-get', 'update'],
	query: ['apt-cache', 'show', '--quiet=2', '--no-all-versions'],
	lists: '/var/lib/apt/lists',
} as const;

const familiesFor = ({id, version}: Release, architecture: Architecture): readonly Distribution[] => {
	const packagesOfApt = {
		...debianPackages,
		'qemu-system': architecture.qemuPackages.debian,
		virtiofsd: version <= (lastWithVirtiofsdInQemu[id] ?? 0) ? 'qemu-system-common' : 'virtiofsd',
	};
	return [
		{
			...apt, ids: ['ubuntu'], packages: packagesOfApt, kernel: 'linux-image-virtual',
		},
		{
			...apt, ids: ['debian'], packages: packagesOfApt, kernel: `linux-image-cloud-${architecture.debian}`,
		},
		{
			ids: ['fedora', 'rhel', 'centos'],
			install: ['dnf', 'install', '--assumeyes', '--setopt=install_weak_deps=False'],
			refresh: ['dnf', 'makecache'],
			query: ['dnf', 'list'],
			lists: '/var/cache/dnf',
			packages: {
				...common, 'qemu-system': architecture.qemuPackages.fedora, ip: 'iproute', nsenter: 'util-linux-core',
			},
		},
		{
			ids: ['arch'],
			install: ['pacman', '--sync', '--needed', '--noconfirm'],
			refresh: ['pacman', '--sync', '--refresh'],
			query: ['pacman', '--sync', '--info'],
			lists: '/var/lib/pacman/sync',
			packages: {...common, 'qemu-system': architecture.qemuPackages.arch},
		},
	];
};

/** Parses os-release(5), whose values may be quoted. */
export const parseRelease = (text: string): Release => {
	const values = new Map(text.split('\n').flatMap(line => {
		const match = /^(?<key>[A-Z_]+)=(?<quote>["']?)(?<value>.*)\k<quote>$/v.exec(line.trim());
		return match ? [[match.groups!.key!, match.groups!.value!] as const] : [];
	}));
	return {
		id: values.get('ID') ?? '',
		like: (values.get('ID_LIKE') ?? '').split(' ').filter(Boolean),
		version: Number(values.get('VERSION_ID')) || Infinity,
	};
};

/** The family of a release, by ID, then by ID_LIKE; undefined if it is unknown. */
export const distributionOf = (release: Release, architecture: Architecture | undefined = architectureOf()): Distribution | undefined => {
	if (!architecture) {
		return undefined;
	}

	const families = familiesFor(release, architecture);
	return [release.id, ...release.like].map(id => families.find(({ids}) => ids.includes(id))).find(Boolean);
};

/** The family of this host. */
export const hostDistribution = async (file = '/etc/os-release'): Promise<Distribution | undefined> => {
	try {
		return distributionOf(parseRelease(await readFile(file, 'utf8')));
	} catch {
		return undefined;
	}
};
