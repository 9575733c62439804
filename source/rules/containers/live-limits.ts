import type {ContainerConfiguration, Machine} from '../../engine/resources.js';
import {cpuLimitOf, defaultCpuPeriod} from './cpus.js';
import {memoryLimitIn} from './memory.js';

/** A file of the container's control group in its machine, and what is written to it. */
export type LiveLimit = readonly [file: string, value: string];

/** The conversion of crun from Docker's weight, 2 to 262144, to that of control groups of version 2. */
const weightOf = (shares: number): number => 1 + Math.floor((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999 / 262_142);

const limitsOf = (configuration: ContainerConfiguration, machine: Machine): readonly LiveLimit[] => {
	const {cpuPeriod = defaultCpuPeriod, cpuShares, cpusetCpus = '', memoryReservation = 0, pidsLimit} = configuration;
	const cpus = cpuLimitOf(configuration);
	const hasQuota = cpus !== undefined && cpus < machine.cpus;
	return [
		['cpu.max', `${hasQuota ? Math.round(cpus * cpuPeriod) : 'max'} ${cpuPeriod}`],
		['cpu.weight', String(cpuShares ? weightOf(cpuShares) : 100)],
		['cpuset.cpus', cpusetCpus],
		['memory.low', String(memoryReservation)],
		['memory.max', String(memoryLimitIn(configuration, machine.memoryBytes) ?? 'max')],
		['pids.max', pidsLimit !== undefined && pidsLimit > 0 ? String(pidsLimit) : 'max'],
	];
};

/** What differs between the limits of two configurations in the control group of a running machine, which is large enough for both. */
export const changedLimits = (machine: Machine, before: ContainerConfiguration, after: ContainerConfiguration): readonly LiveLimit[] => {
	const present = new Map(limitsOf(before, machine));
	return limitsOf(after, machine).filter(([file, value]) => present.get(file) !== value);
};

/**
A command for the guest that sets limits. It prints the memory in use, and sets nothing, if that is more than the limit: the kernel would kill the container.

`memory.high` makes the kernel reclaim what it can first.
*/
export const limitsCommand = (group: string, limits: readonly LiveLimit[]): string => {
	const memory = limits.find(([file, value]) => file === 'memory.max' && value !== 'max')?.[1];
	const reclaim = `echo ${memory} > memory.high; used=$(cat memory.current); echo max > memory.high; [ "$used" -lt ${memory} ] || { echo "$used"; exit 0; }`;
	return [
		`cd ${group} || exit 1`,
		...memory === undefined ? [] : [reclaim],
		...limits.map(([file, value]) => `echo '${value}' > ${file} || exit 1`),
	].join('\n');
};
