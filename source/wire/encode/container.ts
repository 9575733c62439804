import type {Attachment, AttachmentConfiguration, Container, ContainerStatus, Mount} from '../../engine/resources.js';
import {encodePorts} from '../ports.js';
import {encodeTime, zeroTime} from '../times.js';
import {encodeBodySettings} from '../settings.js';
import {encodeCreateContainer} from './create.js';
import {encodeInspectedHostConfig} from './host-config.js';
import {encodeHealth, encodeHealthcheck} from './health.js';

export const encodeAttachment = (attachment: Attachment, wanted?: AttachmentConfiguration) => ({
	IPAMConfig: wanted?.address ? {IPv4Address: wanted.address} : null,
	Links: null,
	Aliases: attachment.aliases.length > 0 ? [...attachment.aliases] : null,
	MacAddress: attachment.mac,
	DriverOpts: wanted?.driverOptions ? {...wanted.driverOptions} : null,
	NetworkID: attachment.networkId,
	EndpointID: attachment.endpointId,
	Gateway: attachment.gateway,
	IPAddress: attachment.address,
	IPPrefixLen: attachment.prefixLength,
	IPv6Gateway: '',
	GlobalIPv6Address: '',
	GlobalIPv6PrefixLen: 0,
	DNSNames: [...attachment.aliases],
});

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

export const encodeNetworks = ({attachments, configuration}: Container) => Object.fromEntries(attachments.map(attachment => [
	attachment.network,
	encodeAttachment(attachment, configuration.networks.find(({network}) => network === attachment.network)),
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

const encodeNetworkSettings = (container: Container) => {
	const [first] = container.attachments;
	return {
		Bridge: '',
		SandboxID: '',
		Ports: isLive(container.status) ? encodePorts(container.ports, container.exposedPorts) : {},
		EndpointID: first?.endpointId ?? '',
		Gateway: first?.gateway ?? '',
		IPAddress: first?.address ?? '',
		IPPrefixLen: first?.prefixLength ?? 0,
		MacAddress: first?.mac ?? '',
		Networks: encodeNetworks(container),
	};
};

/** The answer of `GET /containers/{id}/json`. */
export const encodeContainer = (container: Container) => ({
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
	GraphDriver: {Name: 'qcow2', Data: null},
	SizeRw: container.diskBytes,
	Mounts: container.mounts.map(mount => encodeMountPoint(mount)),
	Config: encodeConfig(container),
	NetworkSettings: encodeNetworkSettings(container),
	Holm: {
		/** The requested settings, before the image's were merged in. */
		Wanted: encodeCreateContainer(container.configuration),
		Ports: encodePorts(container.ports),
		Reason: container.status.state === 'exited' ? container.status.reason : undefined,
		Machine: container.machine && {
			Accelerator: container.machine.accelerator,
			Cpus: container.machine.cpus,
			MemoryBytes: container.machine.memoryBytes,
			Kernel: container.machine.kernel,
			Phases: container.machine.phases.map(({name, startMs, endMs}) => ({Name: name, StartMs: startMs, EndMs: endMs})),
		},
	},
});
