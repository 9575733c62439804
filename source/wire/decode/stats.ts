import type {ContainerStats} from '../../engine/resources.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeTime} from '../times.js';

const sumOf = (operations: readonly Fields[], name: string) => operations
	.filter(operation => operation.text('op').toLowerCase() === name)
	.reduce((sum, operation) => sum + operation.number('value'), 0);

/** One reading of `GET /containers/{id}/stats`, of any engine. Memory excludes reclaimable page cache, as in `docker stats`. */
export const decodeStats = (json: unknown): ContainerStats => {
	const fields = fieldsOf(json);
	const cpu = fields.object('cpu_stats');
	const memory = fields.object('memory_stats');
	const cache = memory.object('stats');
	const operations = fields.object('blkio_stats').objects('io_service_bytes_recursive');
	const usage = memory.number('usage');
	const droppable = cache.optionalNumber('total_inactive_file') ?? cache.number('inactive_file');
	return {
		readAt: decodeTime(fields.text('read')),
		cpuNanoseconds: cpu.object('cpu_usage').number('total_usage'),
		systemCpuNanoseconds: cpu.number('system_cpu_usage'),
		cpus: cpu.number('online_cpus'),
		memoryBytes: droppable < usage ? usage - droppable : usage,
		memoryLimitBytes: memory.number('limit'),
		hostMemoryBytes: fields.object('Holm').optionalNumber('HostMemoryBytes'),
		pids: fields.object('pids_stats').number('current'),
		networks: Object.fromEntries(fields.map('networks').map(([name, traffic]) => [name, {
			receivedBytes: traffic.number('rx_bytes'),
			receivedPackets: traffic.number('rx_packets'),
			sentBytes: traffic.number('tx_bytes'),
			sentPackets: traffic.number('tx_packets'),
		}])),
		blockReadBytes: sumOf(operations, 'read'),
		blockWrittenBytes: sumOf(operations, 'write'),
	};
};
