import type {DiskUsage, EngineInfo, EngineVersion} from '../../engine/system.js';
import type {Snapshot} from '../../engine/snapshot.js';
import type {EngineEvent, Image} from '../../engine/resources.js';
import {encodeTime, zeroTime} from '../times.js';
import {newestMinorVersion} from '../versions.js';
import {encodeContainer} from './container.js';
import {encodeContainerItem} from './container-list.js';
import {hubServer} from './credentials.js';
import {encodeImage, encodeImageItem} from './image.js';
import {encodeNetwork} from './network.js';
import {encodeStats} from './stats.js';
import {encodeVolume} from './volume.js';

/** The answer of `GET /version`. */
export const encodeVersion = (version: EngineVersion) => ({
	Platform: {Name: version.name},
	Components: [{
		Name: version.name,
		Version: version.version,
		Details: {ApiVersion: version.apiVersion, MinAPIVersion: version.minimumApiVersion},
	}],
	Version: version.version,
	ApiVersion: version.apiVersion,
	MinAPIVersion: version.minimumApiVersion,
	GitCommit: '',
	GoVersion: '',
	Os: version.os,
	Arch: version.architecture,
	KernelVersion: version.kernel,
});

/** Docker's versions of its programs, which Holm does without. Before 1.49, the expected version was beside each. */
const encodeCommits = (minorVersion: number) => Object.fromEntries(['ContainerdCommit', 'RuncCommit', 'InitCommit']
	.map(name => [name, {ID: '', ...minorVersion < 49 && {Expected: ''}}]));

/** The answer of `GET /info`. */
export const encodeInfo = (info: EngineInfo, version: EngineVersion, {minorVersion = newestMinorVersion} = {}) => ({
	ID: info.id,
	Name: info.name,
	DockerRootDir: info.root,
	Containers: info.containers,
	ContainersRunning: info.running,
	ContainersPaused: info.paused,
	ContainersStopped: info.stopped,
	Images: info.images,
	NCPU: info.cpus,
	MemTotal: info.memoryBytes,
	OperatingSystem: info.operatingSystem,
	OSType: version.os,
	KernelVersion: info.kernel,
	Architecture: info.architecture,
	ServerVersion: version.version,
	Driver: 'qcow2',
	DriverStatus: info.accelerator ? [['Accelerator', info.accelerator]] : [],
	Plugins: {Volume: ['local'], Network: ['bridge'], Authorization: null, Log: ['json-file']},
	Swarm: {LocalNodeState: 'inactive'},
	Runtimes: {holm: {path: 'holm'}},
	DefaultRuntime: 'holm',
	LoggingDriver: 'json-file',
	CgroupDriver: 'none',
	CgroupVersion: '2',
	SecurityOptions: [],
	RegistryConfig: {
		...minorVersion < 47 && {AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null},
		IndexConfigs: {},
		InsecureRegistryCIDRs: [],
		Mirrors: [],
	},
	IndexServerAddress: hubServer,
	HttpProxy: '',
	HttpsProxy: '',
	NoProxy: '',
	MemoryLimit: true,
	CpuCfsQuota: true,
	CpuCfsPeriod: true,
	CPUShares: true,
	CPUSet: true,
	IPv4Forwarding: true,
	OomKillDisable: true,
	PidsLimit: true,
	SwapLimit: true,
	...minorVersion < 50 && {BridgeNfIptables: false, BridgeNfIp6tables: false},
	...minorVersion >= 49 && {FirewallBackend: {Driver: 'nftables'}},
	Debug: false,
	NFd: 0,
	NGoroutines: 0,
	NEventsListener: 0,
	SystemTime: encodeTime(Date.now()),
	OSVersion: '',
	Isolation: '',
	InitBinary: '',
	...encodeCommits(minorVersion),
	GenericResources: null,
	CDISpecDirs: [],
	ExperimentalBuild: false,
	LiveRestoreEnabled: true,
	Labels: [],
	Warnings: [...info.warnings],
	Holm: {Accelerator: info.accelerator},
});

/** A key for each layer with those below it: the same layer on others is another one on the disk. */
const chainsOf = ({layers, layerBytes = []}: Image) => layers.slice(0, layerBytes.length).map((_, index) => ({
	key: layers.slice(0, index + 1).join(' '), bytes: layerBytes[index]!,
}));

/** The bytes of all layers, each once, and those that an image shares with others. */
const layerUse = (images: readonly Image[]) => {
	const users = new Map<string, number>();
	let totalBytes = images.filter(({layerBytes}) => layerBytes === undefined).reduce((sum, {sizeBytes}) => sum + sizeBytes, 0);
	for (const {key, bytes} of images.flatMap(image => chainsOf(image))) {
		totalBytes += users.has(key) ? 0 : bytes;
		users.set(key, (users.get(key) ?? 0) + 1);
	}

	return {
		totalBytes,
		sharedBytes: (image: Image) => chainsOf(image).reduce((sum, {key, bytes}) => sum + (users.get(key)! > 1 ? bytes : 0), 0),
	};
};

/** The answer of `GET /system/df`. Docker's client counts as in use what images in use do not share. */
export const encodeDiskUsage = (usage: DiskUsage, {minorVersion = newestMinorVersion} = {}) => {
	const {totalBytes, sharedBytes} = layerUse(usage.images.map(({image}) => image));
	return {
		LayersSize: totalBytes,
		Images: usage.images.map(({image, containers}) => encodeImageItem(image, {
			detail: true, containers, sharedBytes: sharedBytes(image), minorVersion,
		})),
		Containers: usage.containers.map(({container, bytes}) => ({
			...encodeContainerItem(container, {detail: true, minorVersion}), SizeRw: bytes,
		})),
		Volumes: usage.volumes.map(({volume, ...usageData}) => encodeVolume(volume, usageData)),
		// The cache is on the builder's disk, and is counted as a whole.
		BuildCache: usage.builderBytes === undefined ? [] : [{
			ID: 'holm-builder', Type: 'regular', Description: 'disk of the builder', InUse: false, Shared: false, Size: usage.builderBytes, CreatedAt: zeroTime, LastUsedAt: null, UsageCount: 1,
		}],
		Holm: {CacheBytes: usage.cacheBytes, ...usage.builderBytes !== undefined && {BuilderBytes: usage.builderBytes}},
	};
};

/** One line of `GET /events`. The first three fields are those of Docker's API before 1.22, which some clients still read. */
export const encodeEvent = (event: EngineEvent) => ({
	...(event.type === 'container' || event.type === 'image') && {status: event.action, id: event.id, from: event.attributes.image ?? event.attributes.name ?? ''},
	Type: event.type,
	Action: event.action,
	Actor: {ID: event.id, Attributes: {...event.attributes}},
	scope: 'local',
	time: Math.floor(event.time / 1000),
	timeNano: event.time * 1e6,
});

/** The answer of `GET /holm/snapshot`. */
export const encodeSnapshot = (snapshot: Snapshot) => {
	const names = new Map(snapshot.containers.map(({id, name}) => [id, name]));
	return {
		ReadAt: snapshot.readAt,
		Containers: snapshot.containers.map(container => encodeContainer(container)),
		Networks: snapshot.networks.map(network => encodeNetwork(network)),
		Images: snapshot.images.map(image => encodeImage(image)),
		Volumes: snapshot.volumes.map(volume => encodeVolume(volume)),
		Builder: snapshot.builder && {Status: snapshot.builder.status, Container: encodeContainer(snapshot.builder.container)},
		Stats: Object.fromEntries(Object.entries(snapshot.stats).map(([id, stats]) => [id, encodeStats({id, name: names.get(id) ?? ''}, stats)])),
	};
};
