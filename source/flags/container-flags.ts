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
	name: single('NAME', 'Name of the container, also in DNS'),
	interactive: yes('Keep standard input open', 'i'),
	tty: yes('Allocate a terminal', 't'),
	rm: yes('Remove the container when it ends'),
	network: {...repeated('NAME', 'Network to join, also NAME,ip=ADDRESS,mac=ADDRESS,alias=NAME; none for no network'), aliases: ['net']},
	networkAlias: {...repeated('NAME', 'Alias on the first network'), aliases: ['net-alias']},
	ip: single('ADDRESS', 'Fixed address on the first network'),
	macAddress: single('MAC', 'Fixed MAC address on the first network'),
	publish: repeated('[[ADDRESS:]HOST:]CONTAINER[/udp]', 'Publish a port or a range on the host', 'p'),
	publishAll: yes('Publish every exposed port on a free port', 'P'),
	env: repeated('KEY[=VALUE]', 'Environment variable; KEY alone takes the value from the environment', 'e'),
	envFile: repeated('FILE', 'Read environment variables from a file'),
	volume: repeated('[SOURCE:]TARGET[:ro]', 'Mount a directory of the host or a volume', 'v'),
	mount: repeated('KEY=VALUE,…', 'Mount with type=bind|volume|tmpfs,source=…,target=…[,readonly]'),
	tmpfs: repeated('PATH[:OPTIONS]', 'Mount a tmpfs'),
	workdir: single('PATH', 'Working directory', 'w'),
	user: single('USER[:GROUP]', 'User, by name or number', 'u'),
	entrypoint: single('COMMAND', 'Override the image\'s entrypoint; "" clears it'),
	hostname: single('NAME', 'Host name of the container', 'h'),
	addHost: repeated('NAME:ADDRESS', 'Entry in /etc/hosts; host-gateway is the host\'s address'),
	dns: repeated('ADDRESS', 'Name server instead of the network\'s'),
	dnsSearch: repeated('DOMAIN', 'DNS search domain'),
	label: repeated('KEY[=VALUE]', 'Label of the container', 'l'),
	labelFile: repeated('FILE', 'Read labels from a file'),
	cpus: single('NUMBER', 'Virtual CPUs, rounded up to a whole number'),
	memory: single('SIZE', 'Memory of the VM, such as 512m or 1g', 'm'),
	readOnly: yes('Make the root file system read-only'),
	capAdd: repeated('CAPABILITY', 'Add a Linux capability'),
	capDrop: repeated('CAPABILITY', 'Drop a Linux capability'),
	privileged: yes('Grant all capabilities and devices of its VM'),
	ulimit: repeated('NAME=SOFT[:HARD]', 'Resource limit of processes'),
	init: yes('Run an init that reaps processes and forwards signals'),
	stopSignal: single('SIGNAL', 'Signal to stop it'),
	stopTimeout: single('SECONDS', 'Time between that signal and SIGKILL'),
	restart: {...single('POLICY', 'Restart policy: no, always, unless-stopped, on-failure[:COUNT]'), default: 'no'},
	cidfile: single('FILE', 'Write the id to a new file'),
	platform: single('OS/ARCHITECTURE', 'Platform of the image'),
	kernel: single('PATH', 'Kernel of its VM'),
	pull: {...single('POLICY', 'When to pull the image: missing, always or never'), default: 'missing'},
	quiet: yes('Do not print the progress of a pull', 'q'),
} satisfies FlagTable;
