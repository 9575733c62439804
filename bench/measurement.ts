import type {BenchEngine} from './bench-engine.js';

export type Metric = {readonly name: string; readonly unit: string};

/** One of those that are compared. */
export type Subject = {
	readonly name: string;
	/** One reading of each metric, in their order. */
	readonly read: () => Promise<readonly number[]>;
};

export type Opened = {
	/** The first is the one that the others' ratios refer to. */
	readonly subjects: readonly Subject[];
	/** Peers that this host does not have, and why. */
	readonly missing: readonly string[];
};

/** What a measurement may use. */
export type Site = {
	/** What is deferred here is undone after the measurement, also when it failed. */
	readonly stack: AsyncDisposableStack;
	/** A directory of the measurement's own that everybody may read, gone afterwards. */
	readonly directory: () => Promise<string>;
	/** The engine that all measurements of a run share. Throws `Missing` where this host cannot have one. */
	readonly engine: () => Promise<BenchEngine>;
};

export type Measurement = {
	/** Its file's name without the extension. */
	readonly name: string;
	readonly title: string;
	readonly metrics: readonly Metric[];
	/** Readings of each subject. In a round every subject is read once, so that what else the host does meets all alike. */
	readonly rounds: number;
	readonly open: (site: Site) => Promise<Opened>;
};

/** Something that this host does not have, which is no failure. */
export class Missing extends Error {
	override readonly name = 'Missing';
}

/** The reading of a metric that is the milliseconds which some work took. */
export const timeOf = async (work: () => Promise<unknown>): Promise<readonly [number]> => {
	const start = performance.now();
	await work();
	return [performance.now() - start];
};
