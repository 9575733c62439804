import {parseField} from './check-answer.js';

type Expected = {
	/** What `checkAnswer` says of the fields. */
	readonly kind: 'unknown' | 'null' | 'absent';
	readonly reason: string;
	/** With the versions of the API in which it is so, as in the shapes. */
	readonly fields: readonly string[];
};

/** All differences from the published schema, which are there on purpose. */
const all: readonly Expected[] = [
	{
		kind: 'unknown',
		reason: 'what only Holm has: one field of its own in an answer, and two in an error',
		fields: [
			'ContainerInspectResponse.Holm', 'ContainerStatsResponse.Holm', 'ContainerSummary.Holm', 'ContainerWaitResponse.Holm',
			'ErrorResponse.code', 'ErrorResponse.remedy', 'GET /exec/{id}/json.Holm', 'GET /system/df.Holm', 'ImageInspect.Holm',
			'ImageSummary.Holm', 'Network.Holm', 'SystemInfo.Holm',
		],
	},
	{
		kind: 'unknown',
		reason: 'sent by Docker\'s daemon, too, without being in the schema of the version',
		fields: [
			'EventMessage.from', 'EventMessage.id', 'EventMessage.status', 'Network.EnableIPv4@46-',
		],
	},
	{
		kind: 'null',
		reason: 'an empty list or map, or a missing number, as Docker\'s daemon writes it',
		fields: [
			'ContainerConfig.Cmd@44-', 'ContainerConfig.Entrypoint', 'ContainerConfig.Env@44-', 'ContainerConfig.Labels@44-',
			'ContainerConfig.Volumes', 'EndpointSettings.Aliases', 'EndpointSettings.DNSNames', 'EndpointSettings.Links', 'GET /exec/{id}/json.ExitCode',
			'HostConfig.DeviceCgroupRules', 'HostConfig.DeviceRequests', 'HostConfig.GroupAdd', 'HostConfig.Links',
			'HostConfig.MemorySwappiness', 'HostConfig.OomKillDisable', 'HostConfig.SecurityOpt', 'HostConfig.VolumesFrom', 'IPAM.Options',
			'ImageConfig.Entrypoint', 'ImageHistoryResponseItem.Tags', 'PluginsInfo.Authorization',
			'RegistryServiceConfig.AllowNondistributableArtifactsCIDRs@46-',
			'RegistryServiceConfig.AllowNondistributableArtifactsHostnames@46-', 'SystemInfo.GenericResources', 'Volume.Options',
		],
	},
	{
		kind: 'absent',
		reason: 'left out by Docker\'s daemon, too, where there is nothing to say',
		fields: [
			'ContainerCPUUsage.percpu_usage', 'ContainerConfig.ArgsEscaped', 'ContainerConfig.ExposedPorts@44-',
			'ContainerConfig.Healthcheck', 'ContainerConfig.MacAddress', 'ContainerConfig.NetworkDisabled', 'ContainerConfig.Shell',
			'ContainerConfig.StopSignal', 'ContainerConfig.StopTimeout', 'ContainerInspectResponse.ImageManifestDescriptor@48+',
			'ContainerInspectResponse.SizeRootFs', 'ContainerInspectResponse.SizeRw', 'ContainerMemoryStats.commitbytes',
			'ContainerMemoryStats.commitpeakbytes', 'ContainerMemoryStats.failcnt', 'ContainerMemoryStats.max_usage',
			'ContainerMemoryStats.privateworkingset', 'ContainerNetworkStats.endpoint_id', 'ContainerNetworkStats.instance_id',
			'ContainerPidsStats.limit', 'ContainerState.Health', 'ContainerStorageStats.read_count_normalized',
			'ContainerStorageStats.read_size_bytes', 'ContainerStorageStats.write_count_normalized',
			'ContainerStorageStats.write_size_bytes', 'ContainerSummary.HostConfig.Annotations@46+',
			'ContainerSummary.ImageManifestDescriptor@48+', 'ContainerSummary.SizeRootFs', 'ContainerSummary.SizeRw',
			'ContainerWaitResponse.Error', 'CreateImageInfo.error', 'CreateImageInfo.errorDetail', 'CreateImageInfo.id',
			'CreateImageInfo.progress', 'CreateImageInfo.progressDetail', 'EndpointIPAMConfig.IPv6Address',
			'EndpointIPAMConfig.LinkLocalIPs', 'FirewallInfo.Info@49+', 'HealthConfig.StartInterval', 'HealthConfig.StartPeriod',
			'IPAMConfig.AuxiliaryAddresses', 'IPAMConfig.IPRange', 'ImageConfig.ArgsEscaped', 'ImageConfig.Healthcheck',
			'ImageConfig.MacAddress@49-', 'ImageConfig.NetworkDisabled@49-', 'ImageConfig.Shell', 'ImageConfig.StopSignal',
			'ImageConfig.StopTimeout@49-', 'ImageDeleteResponseItem.Deleted', 'ImageDeleteResponseItem.Untagged',
			'ImageInspect.Container@44-', 'ImageInspect.Descriptor@48+', 'ImageInspect.Manifests@48+', 'ImageInspect.OsVersion',
			'ImageInspect.Variant', 'ImageSummary.Descriptor@48+', 'ImageSummary.Manifests@47+', 'Mount.BindOptions', 'Mount.Consistency',
			'Mount.ImageOptions@48+', 'Mount.TmpfsOptions', 'Mount.VolumeOptions', 'MountPoint.Driver', 'MountPoint.Name', 'Network.Peers',
			'Port.IP', 'Port.PublicPort', 'ProcessConfig.user', 'RegistryServiceConfig.AllowNondistributableArtifactsCIDRs@47-48',
			'RegistryServiceConfig.AllowNondistributableArtifactsHostnames@47-48', 'Runtime.runtimeArgs', 'Runtime.status',
			'SystemInfo.Containerd@46+', 'SystemInfo.DefaultAddressPools', 'SystemInfo.DiscoveredDevices@50+',
			'SystemInfo.KernelMemoryTCP', 'SystemInfo.ProductLicense', 'SystemVersion.BuildTime', 'SystemVersion.Experimental',
			'Volume.ClusterVolume', 'Volume.Status', 'Volume.UsageData',
		],
	},
];

/** The differences that answers of a version may have, as `checkAnswer` says them. */
export const expectedFindings = (minorVersion: number): ReadonlySet<string> => new Set(all.flatMap(({kind, fields}) => fields
	.map(field => parseField(field))
	.filter(({first, last}) => first <= minorVersion && minorVersion <= last)
	.map(({name}) => `${name} ${kind}`)));
