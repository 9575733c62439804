import {isPossibleSecurityOption} from '../../../engine/security-options.js';
import {
	hint,
	honoured,
	honouredExcept,
	isShared,
	nested,
	otherThan,
	refused,
	type FieldTable,
} from './rule.js';
import {mountFields} from './mounts.js';
import {deviceFields, limitFields, restartPolicy} from './resources.js';

const fieldsOf = (...names: readonly string[]): FieldTable => Object.fromEntries(names.map(name => [name, honoured()]));

const ofImages = hint('it belongs to images; commit can change it');

const hasDriverOption = (value: unknown): boolean =>
	typeof value === 'object' && value !== null && Object.keys(value).some(name => name.startsWith('com.docker.network.'));

/** Docker's `EndpointSettings` without results. */
export const endpointFields: FieldTable = {
	IPAMConfig: nested('object', {
		IPv4Address: honoured(),
		IPv6Address: refused('networks have IPv4 only', 'leave it out'),
		LinkLocalIPs: refused('a container has one address on each network', 'leave it out'),
	}),
	Links: honoured('names that the network\'s name server answers for this container alone; on the default network as in HostConfig'),
	MacAddress: honoured(),
	Aliases: honoured(),
	DriverOpts: honouredExcept('`com.docker.network.*`', hasDriverOption, 'the bridge driver has no options of endpoints', 'leave it out; sysctls can be set for the container'),
	GwPriority: refused('the first network that leads outside has the default route', 'name that network first'),
	...Object.fromEntries(['NetworkID', 'EndpointID', 'Gateway', 'IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'DNSNames']
		.map(name => [name, hint('it is a result; IPAMConfig requests an address')])),
};

/** The endpoint of `POST /networks/{name}/connect`. */
export const connectFields: FieldTable = {
	...endpointFields,
	Links: honoured('names that the network\'s name server answers for this container alone; refused on the default network'),
};

/** Options of the log drivers that are honoured. */
const logOptions = new Set(['max-size', 'max-file']);
/** Options that change how Docker stores or labels a log. */
const logHints = ['compress', 'mode', 'max-buffer-size', 'tag', 'labels', 'labels-regex', 'env', 'env-regex'];

/** The drivers that Docker has, too. Others do not exist. */
const foreignDrivers = new Set(['awslogs', 'etwlogs', 'fluentd', 'gcplogs', 'gelf', 'journald', 'splunk', 'syslog']);

const isForeignDriver = (value: unknown) => typeof value === 'string' && foreignDrivers.has(value);

const logFields: FieldTable = {
	Type: honouredExcept('Docker\'s other drivers', isForeignDriver, 'logs stay on this host', 'json-file, local or none; a collector can follow the container\'s logs'),
	Config: {
		...nested('object', {
			...Object.fromEntries([...logOptions].map(name => [name, honoured()])),
			...Object.fromEntries(logHints.map(name => [name, hint('logs are plain files')])),
		}),
	},
};

const ownNamespace = 'every container has a machine of its own';

/** Runtimes whose containers behave as Holm's. */
const runtimes = ['holm', 'runc', 'crun', 'io.containerd.runc.v2'];

const ofRuntimes = honouredExcept(
	`other than ${runtimes.map(name => `\`${name}\``).join(', ')}`,
	otherThan(...runtimes),
	'every container runs in a machine',
	'leave it out',
);

const isOtherSecurity = (value: unknown) => Array.isArray(value) && value.some(option => typeof option === 'string' && !isPossibleSecurityOption(option));

/** Docker's `HostConfig`. */
export const hostFields: FieldTable = {
	...limitFields,
	...deviceFields,
	Annotations: honoured('also handed to the runtime in the machine'),
	AutoRemove: honoured(),
	Binds: honoured('of devices, only `/dev/null`'),
	CapAdd: honoured(),
	CapDrop: honoured(),
	Cgroup: refused('a machine is not in a control group of the caller\'s', 'leave it out'),
	CgroupnsMode: honouredExcept('other than `private`', otherThan('private'), ownNamespace, 'private'),
	ConsoleSize: honoured(),
	ContainerIDFile: honoured('the client writes the file'),
	Dns: honoured(),
	DnsOptions: honoured(),
	DnsSearch: honoured(),
	ExtraHosts: honoured(),
	GroupAdd: honoured(),
	IpcMode: honouredExcept('`host`, `container:NAME`', isShared, ownNamespace, 'private, shareable or none; ShmSize sets the size of /dev/shm'),
	Isolation: honouredExcept('other than `default`', otherThan('default'), 'it is for Windows', 'leave it out; every container has a machine of its own'),
	Links: honoured('names in the container\'s `/etc/hosts`, of containers that run; they follow a target that starts again, also another one of its name; on the default network with Docker\'s variables, on others also with a name that only this container resolves'),
	LogConfig: nested('object', logFields, '`none` keeps no log'),
	MaskedPaths: honoured(),
	Mounts: nested('list', mountFields),
	NetworkMode: honouredExcept('`host`, `container:NAME`', isShared, 'every container has a machine and network devices of its own', 'attach it to a network and publish ports'),
	OomScoreAdj: honoured(),
	PidMode: honouredExcept('other than `private`', otherThan('private'), ownNamespace, 'leave it out; exec runs further processes in the container'),
	PortBindings: honoured('without `HostIp` on all addresses, of IPv6 if the host has it; a container is reached over IPv4 only'),
	Privileged: honoured('within the machine'),
	PublishAllPorts: honoured(),
	ReadonlyPaths: honoured(),
	ReadonlyRootfs: honoured(),
	RestartPolicy: restartPolicy(),
	Runtime: ofRuntimes,
	SecurityOpt: honouredExcept(
		'other than `no-new-privileges`, `seccomp=unconfined`, `seccomp=` with a profile, `apparmor=unconfined` and `label=disable`',
		isOtherSecurity,
		'a machine has no profiles of the host',
		'no-new-privileges, seccomp=unconfined, or seccomp= with a profile of your own',
	),
	ShmSize: honoured(),
	StorageOpt: refused('the disk of a container grows as it is written', 'mount a volume'),
	Sysctls: honoured('of the machine\'s kernel, all of them'),
	Tmpfs: honoured(),
	UTSMode: honouredExcept('other than `private`', otherThan('private'), ownNamespace, 'Hostname and Domainname set the names'),
	UsernsMode: honouredExcept('other than `private`', otherThan('private'), ownNamespace, 'leave it out; the container\'s root is that of its machine only'),
	VolumeDriver: honouredExcept('other than `local`', otherThan('local'), 'it is the only volume driver', 'local'),
	VolumesFrom: honoured(),
};

/** The body of `POST /containers/create`: Docker's `ContainerConfig`, with `HostConfig` and `NetworkingConfig`. */
export const containerFields: FieldTable = {
	ArgsEscaped: hint('it is for Windows'),
	AttachStderr: honoured(),
	AttachStdin: honoured(),
	AttachStdout: honoured(),
	Cmd: honoured(),
	Domainname: honoured(),
	Entrypoint: honoured(),
	Env: honoured(),
	ExposedPorts: honoured(),
	Healthcheck: nested('object', fieldsOf('Test', 'Interval', 'Timeout', 'Retries', 'StartPeriod', 'StartInterval')),
	Hostname: honoured(),
	Image: honoured(),
	Labels: honoured(),
	MacAddress: honoured('of the first network'),
	NetworkDisabled: honoured('as the network `none`'),
	OnBuild: ofImages,
	OpenStdin: honoured(),
	Runtime: ofRuntimes,
	Shell: ofImages,
	StdinOnce: honoured(),
	StopSignal: honoured(),
	StopTimeout: honoured(),
	Tty: honoured(),
	User: honoured(),
	Volumes: honoured(),
	WorkingDir: honoured(),
	HostConfig: nested('object', hostFields),
	NetworkingConfig: nested('object', {EndpointsConfig: nested('map', endpointFields)}),
	Holm: honoured('settings of Holm\'s own clients'),
};
