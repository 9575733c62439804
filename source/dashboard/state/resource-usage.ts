import type {ContainerStats} from '../../engine/resources.js';

/** The current and past usage of a container, from the totals of two readings. */
export type ResourceUsage = {
	/** Percent of one CPU: up to 200 with two CPUs. Undefined after the first reading. */
	readonly cpuPercent?: number;
	readonly cpus: number;
	readonly memoryBytes: number;
	readonly memoryLimitBytes: number;
	readonly hostMemoryBytes?: number;
	readonly receivedPerSecond: number;
	readonly sentPerSecond: number;
	/** Oldest first, at most `historyLength` of them. */
	readonly cpuHistory: readonly number[];
	readonly memoryHistory: readonly number[];
	/** Bytes per second, both directions together. */
	readonly trafficHistory: readonly number[];
};

/** Number of samples kept of each metric. */
export const historyLength = 60;

const kept = (history: readonly number[] | undefined, value: number | undefined): readonly number[] =>
	value === undefined ? history ?? [] : [...(history ?? []).slice(1 - historyLength), value];

const totals = ({networks}: ContainerStats): {readonly received: number; readonly sent: number} => {
	let received = 0;
	let sent = 0;
	for (const {receivedBytes, sentBytes} of Object.values(networks)) {
		received += receivedBytes;
		sent += sentBytes;
	}

	return {received, sent};
};

/** Counters restart at zero with the container; a negative difference counts as 0. */
const perSecond = (now: number, before: number, milliseconds: number): number =>
	milliseconds > 0 && now >= before ? (now - before) * 1000 / milliseconds : 0;

type Measured = {readonly stats: ContainerStats; readonly usage: ResourceUsage};

/** The usage at a reading, given the previous one. */
export const nextUsage = (stats: ContainerStats, before?: Measured): ResourceUsage => {
	const elapsed = before ? stats.readAt - before.stats.readAt : 0;
	if (before && elapsed <= 0) {
		return before.usage;
	}

	const now = totals(stats);
	const then = before ? totals(before.stats) : now;
	const cpuPercent = before && stats.cpuNanoseconds >= before.stats.cpuNanoseconds
		? (stats.cpuNanoseconds - before.stats.cpuNanoseconds) / (elapsed * 1e6) * 100
		: undefined;
	const receivedPerSecond = perSecond(now.received, then.received, elapsed);
	const sentPerSecond = perSecond(now.sent, then.sent, elapsed);
	return {
		cpuPercent,
		cpus: stats.cpus,
		memoryBytes: stats.memoryBytes,
		memoryLimitBytes: stats.memoryLimitBytes,
		hostMemoryBytes: stats.hostMemoryBytes,
		receivedPerSecond,
		sentPerSecond,
		cpuHistory: kept(before?.usage.cpuHistory, cpuPercent),
		memoryHistory: kept(before?.usage.memoryHistory, stats.memoryBytes),
		trafficHistory: kept(before?.usage.trafficHistory, before ? receivedPerSecond + sentPerSecond : undefined),
	};
};
