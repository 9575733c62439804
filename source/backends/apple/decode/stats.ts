import type {ContainerStats} from '../../../engine/resources.js';
import {countOf, listOf, textOf} from './lenient.js';

/** A reading of one container; without what Apple's program does not say. */
export type AppleStats = Omit<ContainerStats, 'readAt' | 'systemCpuNanoseconds' | 'cpus'> & {readonly id: string};

/** The readings of a document, by container. */
export const decodeStats = (document: unknown): ReadonlyMap<string, AppleStats> =>
	new Map(listOf(document).map(item => {
		const id = textOf(item.id);
		return [id, {
			id,
			cpuNanoseconds: countOf(item.cpuUsageUsec) * 1000,
			memoryBytes: countOf(item.memoryUsageBytes),
			memoryLimitBytes: countOf(item.memoryLimitBytes),
			pids: countOf(item.numProcesses),
			networks: {eth0: {
				receivedBytes: countOf(item.networkRxBytes),
				receivedPackets: 0,
				sentBytes: countOf(item.networkTxBytes),
				sentPackets: 0,
			}},
			blockReadBytes: countOf(item.blockReadBytes),
			blockWrittenBytes: countOf(item.blockWriteBytes),
		}] as const;
	}).filter(([id]) => id !== ''));
