import type {ContainerUpdate} from '../../engine/lifecycle.js';
import type {
	AttachmentConfiguration,
	ContainerConfiguration,
	Mount,
	RestartPolicy,
} from '../../engine/resources.js';
import {encodePorts} from '../ports.js';
import {bindTarget, encodeBodySettings, encodeHostSettings, encodeUpdatedSettings} from '../settings.js';
import {encodeHealthcheck} from './health.js';

export const encodeEndpoint = (attachment: AttachmentConfiguration) => ({
	IPAMConfig: attachment.address ? {IPv4Address: attachment.address} : null,
	MacAddress: attachment.mac ?? '',
	Aliases: [...attachment.aliases],
	...attachment.links && {Links: [...attachment.links]},
	...attachment.driverOptions && {DriverOpts: {...attachment.driverOptions}},
});

/** File systems in memory are a map by their targets; a second one of the same target, which is for the engine to refuse, has no place in it. */
const isInMap = (mount: Mount, index: number, mounts: readonly Mount[]) =>
	mount.type === 'tmpfs' && mounts.findIndex(({type, target}) => type === 'tmpfs' && target === mount.target) === index;

/** Engines before API 1.42 make missing sources only of this form. A colon in a path would be a separator. */
const isPlainBind = (mount: Mount): mount is Mount & {readonly type: 'bind'} => mount.type === 'bind' && mount.createSource === true && !`${mount.source}${mount.target}`.includes(':');

const encodeBinds = (mounts: readonly Mount[]): string[] => mounts
	.filter(mount => isPlainBind(mount))
	.map(({source, target, readOnly}) => `${source}:${target}${readOnly ? ':ro' : ''}`);

const encodeMount = (mount: Mount) => {
	const common = {Type: mount.type, Target: mount.target, ReadOnly: mount.readOnly};
	if (mount.type === 'tmpfs') {
		return common;
	}

	return {
		...common,
		Source: mount.source,
		...mount.type === 'bind' && mount.createSource && {BindOptions: {CreateMountpoint: true}},
		...mount.type === 'volume' && (mount.noCopy === true || mount.subpath !== undefined) && {
			VolumeOptions: {NoCopy: mount.noCopy ?? false, Subpath: mount.subpath},
		},
	};
};

const encodeTmpfs = (mounts: readonly Mount[]): Record<string, string> => Object.fromEntries(mounts
	.filter((mount, index) => isInMap(mount, index, mounts))
	.filter(mount => mount.type === 'tmpfs')
	.map(mount => [mount.target, [...mount.options, ...mount.readOnly ? ['ro'] : []].join(',')]));

/** Those that the client did not give as binds. */
const othersThanBinds = ({mounts, binds = []}: ContainerConfiguration) => {
	const targets = new Set(binds.map(bind => bindTarget(bind)));
	return mounts.filter(mount => mount.type === 'tmpfs' || !targets.has(mount.target));
};

const encodeRestartPolicy = ({name, maximumRetryCount}: RestartPolicy) => ({Name: name, MaximumRetryCount: maximumRetryCount});

export const encodeHostConfig = (configuration: ContainerConfiguration) => ({
	NetworkMode: configuration.networks[0]?.network ?? 'default',
	PortBindings: encodePorts(configuration.ports),
	PublishAllPorts: configuration.publishAll,
	AutoRemove: configuration.autoRemove,
	RestartPolicy: encodeRestartPolicy(configuration.restartPolicy),
	Mounts: othersThanBinds(configuration)
		.filter((mount, index, mounts) => !isInMap(mount, index, mounts) && !isPlainBind(mount))
		.map(mount => encodeMount(mount)),
	Tmpfs: encodeTmpfs(configuration.mounts),
	ExtraHosts: [...configuration.extraHosts],
	Dns: [...configuration.dnsServers],
	DnsSearch: [...configuration.dnsSearch],
	NanoCpus: Math.round((configuration.cpus ?? 0) * 1e9),
	Memory: configuration.memory ?? 0,
	ReadonlyRootfs: configuration.readOnlyRoot,
	CapAdd: [...configuration.capabilitiesToAdd],
	CapDrop: [...configuration.capabilitiesToDrop],
	Privileged: configuration.privileged,
	Ulimits: configuration.ulimits.map(({name, soft, hard}) => ({Name: name, Soft: soft, Hard: hard})),
	Init: configuration.init,
	...encodeHostSettings(configuration),
	Binds: [...configuration.binds ?? [], ...encodeBinds(othersThanBinds(configuration))],
});

/** An omitted field keeps the image's value; one empty string clears the entrypoint. */
const encodeEntrypoint = (entrypoint: readonly string[] | undefined) =>
	entrypoint && (entrypoint.length === 0 ? [''] : [...entrypoint]);

/** The body of `POST /containers/create`. Settings without a field in Docker's API are under `Holm`. */
export const encodeCreateContainer = (configuration: ContainerConfiguration) => ({
	Image: configuration.image,
	Cmd: [...configuration.command],
	Entrypoint: encodeEntrypoint(configuration.entrypoint),
	Env: [...configuration.environment],
	WorkingDir: configuration.workingDirectory ?? '',
	User: configuration.user ?? '',
	Hostname: configuration.hostname ?? '',
	// Before API 1.44 there is one MAC address for the whole container.
	MacAddress: configuration.networks[0]?.mac,
	Tty: configuration.terminal,
	OpenStdin: configuration.openStdin,
	...encodeBodySettings(configuration),
	Labels: {...configuration.labels},
	ExposedPorts: Object.fromEntries([
		...configuration.ports.map(port => `${port.containerPort}/${port.protocol}`),
		...configuration.exposedPorts ?? [],
	].map(port => [port, {}])),
	StopSignal: configuration.stopSignal,
	StopTimeout: configuration.stopTimeoutSeconds,
	Healthcheck: configuration.healthcheck && encodeHealthcheck(configuration.healthcheck),
	HostConfig: encodeHostConfig(configuration),
	NetworkingConfig: {
		EndpointsConfig: Object.fromEntries(configuration.networks.map(attachment => [attachment.network, encodeEndpoint(attachment)])),
	},
	Holm: {
		Name: configuration.name,
		Platform: configuration.platform,
		Kernel: configuration.kernel,
	},
});

/** The body of `POST /containers/{id}/update`. */
export const encodeUpdate = ({restartPolicy, cpus, memory, ...settings}: ContainerUpdate) => ({
	...restartPolicy && {RestartPolicy: encodeRestartPolicy(restartPolicy)},
	...cpus !== undefined && {NanoCpus: Math.round(cpus * 1e9)},
	...memory !== undefined && {Memory: memory},
	...encodeUpdatedSettings(settings),
});
