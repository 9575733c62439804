/** The process in a test's machine. */
export type TestProcess = {
	readonly arguments: readonly string[];
	readonly terminal?: boolean;
	/** More mounts of the OCI runtime specification. */
	readonly mounts?: ReadonlyArray<{
		readonly destination: string;
		readonly type: string;
		readonly source: string;
		readonly options: readonly string[];
	}>;
};

const capabilities = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN', 'CAP_SYS_BOOT'];

/** A minimal `config.json` for a process on the disk at `/rootfs`. */
export const bundleFor = ({arguments: args, terminal = false, mounts = []}: TestProcess) => ({
	ociVersion: '1.0.2',
	process: {
		terminal,
		user: {uid: 0, gid: 0},
		args,
		env: ['PATH=/bin', 'TERM=xterm'],
		cwd: '/',
		capabilities: {
			bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [], ambient: [],
		},
		noNewPrivileges: false,
	},
	root: {path: '/rootfs', readonly: false},
	hostname: 'test',
	mounts: [
		{destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev']},
		{destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k']},
		{destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']},
		{destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro']},
		...mounts,
	],
	linux: {
		cgroupsPath: '/container',
		namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map(type => ({type})),
		resources: {},
		// The guest's own programs have fixed addresses.
		personality: {domain: 'LINUX'},
	},
});
