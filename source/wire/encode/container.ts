import {defaultNetwork} from '../../engine/networks.js';
import type {Attachment, Container, ContainerStatus, Mount} from '../../engine/resources.js';
import {encodePorts} from '../ports.js';
import {encodeTime, zeroTime} from '../times.js';
import {newestMinorVersion} from '../versions.js';
import {encodeBodySettings} from '../settings.js';
import {encodeCreateContainer} from './create.js';
import {encodeInspectedHostConfig} from './host-config.js';
import {encodeExit} from './exit.js';
import {encodeHealth, encodeHealthcheck} from './health.js';

/** What clients of a version get, and what only some requests ask for. */
export type ContainerView = {
	readonly minorVersion?: number;
	/** Bytes of the whole file system, image included; absent if the request does not ask for sizes. */
	readonly rootBytes?: number;
};

/** Before 1.45, the aliases included the names that every container has. */
const aliasesOf = ({network, aliases}: Attachment, names: readonly string[], minorVersion: number) =>
	minorVersion < 45 && network !== defaultNetwork ? [...new Set([...aliases, ...names])] : [...aliases];

type Known = Pick<Container, 'id' | 'name' | 'configuration'>;

export const encodeAttachment = (
	attachment: Attachment,
	{id, name, configuration: {hostname = id.slice(0, 12), networks}}: Known,
	minorVersion: number,
) => {
	const wanted = networks.find(({network}) => network === attachment.network);
	const aliases = aliasesOf(attachment, [id.slice(0, 12), hostname], minorVersion);
	return {
		IPAMConfig: wanted?.address ? {IPv4Address: wanted.address} : null,
		Links: wanted?.links ? [...wanted.links] : null,
		Aliases: aliases.length > 0 ? aliases : null,
		MacAddress: attachment.mac,
		DriverOpts: wanted?.driverOptions ? {...wanted.driverOptions} : null,
		...minorVersion >= 48 && {GwPriority: 0},
		NetworkID: attachment.networkId,
		EndpointID: attachment.endpointId,
		Gateway: attachment.gateway,
		IPAddress: attachment.address,
		IPPrefixLen: attachment.prefixLength,
		IPv6Gateway: '',
		GlobalIPv6Address: '',
		GlobalIPv6PrefixLen: 0,
		// The default network has no names.
		DNSNames: attachment.network === defaultNetwork ? null : [...new Set([name, ...attachment.aliases, id.slice(0, 12), hostname])],
	};
};

export const encodeMountPoint = (mount: Mount) => ({
	Type: mount.type,
	...(mount.type === 'volume') && {Name: mount.source, Driver: 'local'},
	Source: mount.type === 'bind' ? mount.source : (mount.type === 'volume' ? mount.mountpoint : undefined) ?? '',
	Destination: mount.target,
	Mode: mount.type === 'tmpfs' ? mount.options.join(',') : '',
	RW: !mount.readOnly,
	Propagation: mount.type === 'bind' ? 'rprivate' : '',
});

const isLive = (status: ContainerStatus) => status.state === 'running' || status.state === 'paused';

export const encodeNetworks = (container: Container, minorVersion: number) => Object.fromEntries(container.attachments.map(attachment => [
	attachment.network,
	encodeAttachment(attachment, container, minorVersion),
]));

export const encodeState = ({status, health}: Pick<Container, 'status' | 'health'>) => ({
	Status: status.state,
	Running: isLive(status) || status.state === 'restarting',
	Paused: status.state === 'paused',
	Restarting: status.state === 'restarting',
	OOMKilled: status.state === 'exited' && status.outOfMemory,
	Dead: false,
	Pid: 'pid' in status ? status.pid : 0,
	ExitCode: 'exitCode' in status ? status.exitCode : 0,
	Error: status.state === 'exited' ? status.reason ?? '' : '',
	StartedAt: 'startedAt' in status ? encodeTime(status.startedAt) : zeroTime,
	FinishedAt: 'finishedAt' in status ? encodeTime(status.finishedAt) : zeroTime,
	Health: health && encodeHealth(health),
});

/** Splits `process.arguments` into entrypoint and command, where the user split them. */
const splitArguments = ({process, configuration}: Container) => {
	const length = configuration.entrypoint?.length
		?? (configuration.command.length > 0 ? process.arguments.length - configuration.command.length : 0);
	return {
		Entrypoint: length > 0 ? process.arguments.slice(0, length) : null,
		Cmd: process.arguments.slice(Math.max(0, length)),
	};
};

/** Docker's set of paths that get anonymous volumes. */
const encodeVolumes = (mounts: readonly Mount[]) => {
	const anonymous = mounts.filter(mount => mount.type === 'volume' && mount.source === '');
	return anonymous.length === 0 ? null : Object.fromEntries(anonymous.map(({target}) => [target, {}]));
};

const encodeConfig = (container: Container) => ({
	Hostname: container.configuration.hostname ?? container.id.slice(0, 12),
	...encodeBodySettings(container.configuration),
	User: container.process.user,
	ExposedPorts: Object.fromEntries(container.exposedPorts.map(port => [port, {}])),
	Tty: container.configuration.terminal,
	OpenStdin: container.configuration.openStdin,
	// A name alone removes the image's variable, and Docker lists it.
	Env: [...container.process.environment, ...container.configuration.environment.filter(variable => !variable.includes('='))],
	...splitArguments(container),
	Image: container.configuration.image,
	Volumes: encodeVolumes(container.configuration.mounts),
	WorkingDir: container.process.workingDirectory,
	OnBuild: null,
	Labels: {...container.configuration.labels},
	StopSignal: container.configuration.stopSignal,
	StopTimeout: container.configuration.stopTimeoutSeconds,
	Healthcheck: container.healthcheck && encodeHealthcheck(container.healthcheck),
});

const encodeNetworkSettings = (container: Container, minorVersion: number) => {
	const [first] = container.attachments;
	return {
		Bridge: '',
		SandboxID: '',
		SandboxKey: '',
		HairpinMode: false,
		LinkLocalIPv6Address: '',
		LinkLocalIPv6PrefixLen: 0,
		SecondaryIPAddresses: null,
		SecondaryIPv6Addresses: null,
		Ports: isLive(container.status) ? encodePorts(container.ports, container.exposedPorts) : {},
		EndpointID: first?.endpointId ?? '',
		Gateway: first?.gateway ?? '',
		IPAddress: first?.address ?? '',
		IPPrefixLen: first?.prefixLength ?? 0,
		IPv6Gateway: '',
		GlobalIPv6Address: '',
		GlobalIPv6PrefixLen: 0,
		MacAddress: first?.mac ?? '',
		Networks: encodeNetworks(container, minorVersion),
	};
};

/** The answer of `GET /containers/{id}/json`. */
export const encodeContainer = (container: Container, {minorVersion = newestMinorVersion, rootBytes}: ContainerView = {}) => ({
	Id: container.id,
	Created: encodeTime(container.createdAt),
	Path: container.process.arguments[0] ?? '',
	Args: container.process.arguments.slice(1),
	State: encodeState(container),
	Image: container.imageId,
	ResolvConfPath: '',
	HostnamePath: '',
	HostsPath: '',
	LogPath: '',
	Name: `/${container.name}`,
	RestartCount: container.restartCount,
	Driver: 'qcow2',
	Platform: 'linux',
	MountLabel: '',
	ProcessLabel: '',
	AppArmorProfile: '',
	ExecIDs: null,
	HostConfig: encodeInspectedHostConfig(container.configuration),
	GraphDriver: {Name: 'qcow2', Data: {}},
	SizeRw: container.diskBytes,
	SizeRootFs: rootBytes,
	Mounts: container.mounts.map(mount => encodeMountPoint(mount)),
	Config: encodeConfig(container),
	NetworkSettings: encodeNetworkSettings(container, minorVersion),
	Holm: {
		/** The requested settings, before the image's were merged in. */
		Wanted: encodeCreateContainer(container.configuration),
		Ports: encodePorts(container.ports),
		Reason: container.status.state === 'exited' ? container.status.reason : undefined,
		Exit: container.lastExit && encodeExit(container.lastExit),
		Machine: container.machine && {
			Accelerator: container.machine.accelerator,
			Cpus: container.machine.cpus,
			MemoryBytes: container.machine.memoryBytes,
			Kernel: container.machine.kernel,
			Phases: container.machine.phases.map(({name, startMs, endMs}) => ({Name: name, StartMs: startMs, EndMs: endMs})),
		},
	},
});
