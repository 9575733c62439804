import type {ContainerStats} from '../../engine/resources.js';
import {binarySize, decimalSize} from '../../text/sizes.js';
import {shortId} from './fields.js';
import type {Row} from './rows.js';

/** A container's last reading, and the previous one for shares of time. */
export type Readings = {
	readonly id: string;
	readonly name: string;
	readonly previous?: ContainerStats;
	readonly current?: ContainerStats;
};

/** CPU usage between two readings in percent of one CPU; above 100 with several CPUs. */
export const cpuShare = (previous: ContainerStats, current: ContainerStats): number => {
	const used = current.cpuNanoseconds - previous.cpuNanoseconds;
	const available = current.systemCpuNanoseconds - previous.systemCpuNanoseconds;
	return used > 0 && available > 0 ? used / available * current.cpus * 100 : 0;
};

const percent = (value: number) => `${value.toFixed(2)}%`;

const sum = (stats: ContainerStats, key: 'receivedBytes' | 'sentBytes') =>
	Object.values(stats.networks).reduce((total, network) => total + network[key], 0);

/** The fields of `stats`, under Docker's names; dashes without a reading. */
export const statsRow = ({id, name, previous, current}: Readings, isFull: boolean): Row => {
	const named = {Container: shortId(id, isFull), ID: shortId(id, isFull), Name: name};
	if (!current) {
		return {
			...named, CPUPerc: '--', MemUsage: '-- / --', MemPerc: '--', NetIO: '-- / --', BlockIO: '-- / --', PIDs: '--', HostMem: '--',
		};
	}

	return {
		...named,
		CPUPerc: previous ? percent(cpuShare(previous, current)) : '--',
		MemUsage: `${binarySize(current.memoryBytes)} / ${binarySize(current.memoryLimitBytes)}`,
		MemPerc: percent(current.memoryLimitBytes > 0 ? current.memoryBytes / current.memoryLimitBytes * 100 : 0),
		NetIO: `${decimalSize(sum(current, 'receivedBytes'))} / ${decimalSize(sum(current, 'sentBytes'))}`,
		BlockIO: `${decimalSize(current.blockReadBytes)} / ${decimalSize(current.blockWrittenBytes)}`,
		PIDs: String(current.pids),
		HostMem: current.hostMemoryBytes === undefined ? '--' : binarySize(current.hostMemoryBytes),
	};
};
