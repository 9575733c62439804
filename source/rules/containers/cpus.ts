import type {ContainerConfiguration} from '../../engine/resources.js';

/** Microseconds of the period to which a quota of CPU time applies, as in Docker. */
export const defaultCpuPeriod = 100_000;

type CpuSettings = Pick<ContainerConfiguration, 'cpus' | 'cpuQuota' | 'cpuPeriod' | 'cpusetCpus'>;

/** CPUs that a container may use, also a fraction; undefined for all of its VM. */
export const cpuLimitOf = ({cpus, cpuQuota, cpuPeriod = defaultCpuPeriod}: CpuSettings): number | undefined =>
	cpus ?? (cpuQuota === undefined ? undefined : cpuQuota / cpuPeriod);

/** The numbers of a list such as `0-2,4`, cpuset(7); undefined if it is none. */
export const parseCpuset = (text: string): ReadonlySet<number> | undefined => {
	const numbers = new Set<number>();
	for (const part of text.split(',')) {
		const {first, last = first} = /^(?<first>\d{1,4})(?:-(?<last>\d{1,4}))?$/v.exec(part)?.groups ?? {};
		if (first === undefined || Number(last) < Number(first)) {
			return undefined;
		}

		for (let number = Number(first); number <= Number(last); number++) {
			numbers.add(number);
		}
	}

	return numbers;
};

/** Virtual CPUs of a container's VM: whole ones, and as many as its cpuset names. */
export const machineCpusOf = (configuration: CpuSettings): number => {
	const named = parseCpuset(configuration.cpusetCpus ?? '') ?? [];
	return Math.max(1, Math.ceil(cpuLimitOf(configuration) ?? 1), ...[...named].map(number => number + 1));
};
