import type {ContainerStats} from '../../engine/resources.js';
import type {Context} from './context.js';
import {decodeStats, type AppleStats} from './decode/stats.js';
import type {Item} from './listing.js';

/** What one run of Apple's program says of all containers. */
export type Reading = {
	readonly readAt: number;
	/** Milliseconds of a clock that is never set back. */
	readonly moment: number;
	readonly byId: ReadonlyMap<string, AppleStats>;
};

type Sampler = {going?: Promise<Reading>; last?: Reading};

const samplers = new WeakMap<Context, Sampler>();

const samplerOf = (context: Context): Sampler => {
	const sampler = samplers.get(context) ?? {};
	samplers.set(context, sampler);
	return sampler;
};

/** Reads the statistics of all containers. A reading that goes on is shared by all who ask meanwhile: it takes Apple's program two seconds. */
export const sample = async (context: Context): Promise<Reading> => {
	const sampler = samplerOf(context);
	const read = async (): Promise<Reading> => {
		try {
			const program = await context.program();
			const byId = decodeStats(await program.json(['stats', '--format', 'json', '--no-stream']));
			sampler.last = {byId, readAt: Date.now(), moment: performance.now()};
			return sampler.last;
		} finally {
			sampler.going = undefined;
		}
	};

	sampler.going ??= read();
	return sampler.going;
};

/** The last reading, if there is one. Begins another one if it is older than so many milliseconds, and does not wait for that. */
export const lastSample = (context: Context, maxAgeMs: number): Reading | undefined => {
	const {last} = samplerOf(context);
	if (last === undefined || performance.now() - last.moment >= maxAgeMs) {
		sample(context).catch(() => undefined);
	}

	return last;
};

/** What a reading says of a container. */
export const statsOf = ({apple, container}: Item, {byId, readAt, moment}: Reading): ContainerStats | undefined => {
	const found = byId.get(apple.id);
	if (!found) {
		return undefined;
	}

	const {id: _, ...stats} = found;
	const cpus = apple.cpus || 1;
	return {
		...stats,
		readAt,
		// The share of it is that of the machine's CPUs.
		systemCpuNanoseconds: Math.floor(moment * 1e6) * cpus,
		cpus,
		memoryLimitBytes: stats.memoryLimitBytes || container.configuration.memory || apple.memoryBytes,
	};
};

/** What a reading says of the containers that run, by id. */
export const allStatsOf = (items: readonly Item[], reading: Reading): Readonly<Record<string, ContainerStats>> =>
	Object.fromEntries(items.filter(({container}) => container.status.state === 'running').flatMap(item => {
		const stats = statsOf(item, reading);
		return stats ? [[item.id, stats]] : [];
	}));
