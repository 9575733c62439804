import type {ContainerStats} from './resources.js';

/** Resource usage of containers, and their processes. */
export type StatsVerbs = {
	/** One reading; with `stream` one per second until the container ends or `signal` aborts. */
	stats: (reference: string, options?: {readonly stream?: boolean; readonly signal?: AbortSignal}) => AsyncIterable<ContainerStats>;
	top: (reference: string, psArguments?: string) => Promise<{
		readonly titles: readonly string[];
		readonly processes: ReadonlyArray<readonly string[]>;
	}>;
};
