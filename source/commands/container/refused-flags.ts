import type {RefusedFlags} from '../../flags/flag-table.js';
import {endpointFields, hostFields} from '../../wire/decode/fields/container.js';
import {contentTrust, refusedFlags} from '../refused-flags.js';

const limits = {
	'blkio-weight': 'BlkioWeight',
	'cpu-rt-period': 'CpuRealtimePeriod',
	'cpu-rt-runtime': 'CpuRealtimeRuntime',
	'kernel-memory': 'KernelMemory',
} as const;

/** Flags of `docker update` that are refused. */
export const refusedUpdateFlags: RefusedFlags = refusedFlags(hostFields, limits);

/** Flags of `docker run` and `docker create` that are refused, for the reason of their field in the API. */
export const refusedContainerFlags: RefusedFlags = {
	...refusedFlags(hostFields, {
		...limits,
		'blkio-weight-device': 'BlkioWeightDevice',
		'cgroup-parent': 'CgroupParent',
		'cpu-count': 'CpuCount',
		'cpu-percent': 'CpuPercent',
		device: 'Devices',
		'device-cgroup-rule': 'DeviceCgroupRules',
		'device-read-bps': 'BlkioDeviceReadBps',
		'device-read-iops': 'BlkioDeviceReadIOps',
		'device-write-bps': 'BlkioDeviceWriteBps',
		'device-write-iops': 'BlkioDeviceWriteIOps',
		gpus: 'DeviceRequests',
		'io-maxbandwidth': 'IOMaximumBandwidth',
		'io-maxiops': 'IOMaximumIOps',
		isolation: 'Isolation',
		'memory-swappiness': 'MemorySwappiness',
		'oom-kill-disable': 'OomKillDisable',
		'storage-opt': 'StorageOpt',
		userns: 'UsernsMode',
		uts: 'UTSMode',
		'volume-driver': 'VolumeDriver',
	}),
	...refusedFlags(endpointFields.IPAMConfig!.inside!, {ip6: 'IPv6Address', 'link-local-ip': 'LinkLocalIPs'}),
	'--disable-content-trust': contentTrust,
	'--use-api-socket': {reason: 'the engine\'s socket is not in the container\'s machine', remedy: 'publish what the container needs, or run the client on the host'},
};
