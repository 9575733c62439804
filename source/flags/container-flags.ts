import type {FlagTable} from './flag-table.js';

const repeated = (value: string, description: string, shortFlag?: string) => ({
	type: 'string', isMultiple: true, value, description, ...(shortFlag !== undefined && {shortFlag}),
} as const);
const single = (value: string, description: string, shortFlag?: string) => ({
	type: 'string', value, description, ...(shortFlag !== undefined && {shortFlag}),
} as const);
const yes = (description: string, shortFlag?: string) => ({type: 'boolean', description, ...(shortFlag !== undefined && {shortFlag})} as const);

/** The flags that `run` and `create` share. */
export const containerFlags = {
	name: single('NAME', 'Name of the container, also its name on its networks'),
	interactive: yes('Keep standard input open', 'i'),
	tty: yes('Give the process a terminal', 't'),
	rm: yes('Remove the container when it ends'),
	network: {...repeated('NAME', 'Network to join, also NAME,ip=ADDRESS,mac=ADDRESS,alias=NAME; none for no network'), aliases: ['net']},
	networkAlias: {...repeated('NAME', 'Another name on the first network'), aliases: ['net-alias']},
	ip: single('ADDRESS', 'Fixed address on the first network'),
	macAddress: single('MAC', 'Fixed MAC address on the first network'),
	publish: repeated('[[ADDRESS:]HOST:]CONTAINER[/udp]', 'Forward a port of the host, or a range, to the container', 'p'),
	publishAll: yes('Publish every port the image exposes on a free port', 'P'),
	env: repeated('KEY[=VALUE]', 'Environment variable; KEY alone passes yours on', 'e'),
	envFile: repeated('FILE', 'Environment variables from a file'),
	volume: repeated('[SOURCE:]TARGET[:ro]', 'Mount a directory of the host or a volume', 'v'),
	mount: repeated('KEY=VALUE,…', 'Mount with type=bind|volume|tmpfs,source=…,target=…[,readonly]'),
	tmpfs: repeated('PATH[:OPTIONS]', 'Mount a file system in memory'),
	workdir: single('PATH', 'Working directory', 'w'),
	user: single('USER[:GROUP]', 'User, by name or number', 'u'),
	entrypoint: single('COMMAND', 'Instead of the image\'s entrypoint; "" clears it'),
	hostname: single('NAME', 'Host name inside', 'h'),
	addHost: repeated('NAME:ADDRESS', 'Line in /etc/hosts; the address host-gateway is the host'),
	dns: repeated('ADDRESS', 'Name server instead of the network\'s'),
	dnsSearch: repeated('DOMAIN', 'Domain to complete names with'),
	label: repeated('KEY[=VALUE]', 'Label of the container', 'l'),
	labelFile: repeated('FILE', 'Labels from a file'),
	cpus: single('NUMBER', 'Virtual CPUs of the machine, rounded up to whole ones'),
	memory: single('SIZE', 'Memory of the machine, such as 512m or 1g', 'm'),
	readOnly: yes('Make the root file system read-only'),
	capAdd: repeated('CAPABILITY', 'Add a Linux capability'),
	capDrop: repeated('CAPABILITY', 'Drop a Linux capability'),
	privileged: yes('All capabilities and devices of its machine'),
	ulimit: repeated('NAME=SOFT[:HARD]', 'Resource limit of processes'),
	init: yes('Run a small init that reaps and forwards signals'),
	stopSignal: single('SIGNAL', 'Signal that stops it'),
	stopTimeout: single('SECONDS', 'Time between that signal and SIGKILL'),
	restart: {...single('POLICY', 'no, always, unless-stopped, on-failure[:COUNT]'), default: 'no'},
	cidfile: single('FILE', 'Write the id to a new file'),
	platform: single('OS/ARCHITECTURE', 'Platform of the image'),
	kernel: single('PATH', 'Kernel for this machine'),
	pull: {...single('POLICY', 'Pull the image: missing, always or never'), default: 'missing'},
	quiet: yes('Do not show the progress of a pull', 'q'),
} satisfies FlagTable;
