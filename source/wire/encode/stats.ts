import type {Container, ContainerStats} from '../../engine/resources.js';
import {encodeTime} from '../times.js';

const encodeCpu = (stats: ContainerStats | undefined) => ({
	cpu_usage: {total_usage: stats?.cpuNanoseconds ?? 0, usage_in_kernelmode: 0, usage_in_usermode: stats?.cpuNanoseconds ?? 0},
	system_cpu_usage: stats?.systemCpuNanoseconds ?? 0,
	online_cpus: stats?.cpus ?? 0,
	throttling_data: {periods: 0, throttled_periods: 0, throttled_time: 0},
});

/** One reading of `GET /containers/{id}/stats`, with the previous reading, from which Docker's clients compute the CPU share. */
export const encodeStats = (container: Pick<Container, 'id' | 'name'>, stats: ContainerStats, previous?: ContainerStats) => ({
	id: container.id,
	name: `/${container.name}`,
	read: encodeTime(stats.readAt),
	preread: encodeTime(previous?.readAt ?? 0),
	pids_stats: {current: stats.pids},
	num_procs: 0,
	storage_stats: {},
	blkio_stats: {
		io_service_bytes_recursive: [
			{
				major: 0, minor: 0, op: 'read', value: stats.blockReadBytes,
			},
			{
				major: 0, minor: 0, op: 'write', value: stats.blockWrittenBytes,
			},
		],
		io_serviced_recursive: null,
		io_queue_recursive: null,
		io_service_time_recursive: null,
		io_wait_time_recursive: null,
		io_merged_recursive: null,
		io_time_recursive: null,
		sectors_recursive: null,
	},
	cpu_stats: encodeCpu(stats),
	precpu_stats: encodeCpu(previous),
	memory_stats: {usage: stats.memoryBytes, limit: stats.memoryLimitBytes, stats: {}},
	networks: Object.fromEntries(Object.entries(stats.networks).map(([name, traffic]) => [name, {
		rx_bytes: traffic.receivedBytes,
		rx_packets: traffic.receivedPackets,
		rx_errors: 0,
		rx_dropped: 0,
		tx_bytes: traffic.sentBytes,
		tx_packets: traffic.sentPackets,
		tx_errors: 0,
		tx_dropped: 0,
	}])),
	Holm: {HostMemoryBytes: stats.hostMemoryBytes},
});
