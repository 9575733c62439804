import type {BenchEngine} from './bench-engine.js';

export type Metric = {readonly name: string; readonly unit: string};

/** One of the compared programs. */
export type Subject = {
	readonly name: string;
	/** Takes one reading of each metric, in order. */
	readonly read: () => Promise<readonly number[]>;
};

export type Opened = {
	/** The first is the reference for the others' ratios. */
	readonly subjects: readonly Subject[];
	/** Subjects missing on this host, with the reason. */
	readonly missing: readonly string[];
};

/** The environment of a measurement. */
export type Site = {
	/** Disposed after the measurement, also if it fails. */
	readonly stack: AsyncDisposableStack;
	/** Temporary directory, readable by all users, removed afterwards. */
	readonly directory: () => Promise<string>;
	/** The engine shared by all measurements of a run. Throws `Missing` if this host cannot run one. */
	readonly engine: () => Promise<BenchEngine>;
};

export type Measurement = {
	/** Its file's name without the extension. */
	readonly name: string;
	readonly title: string;
	readonly metrics: readonly Metric[];
	/** Readings per subject. Each round reads every subject once, so that other load on the host affects all alike. */
	readonly rounds: number;
	readonly open: (site: Site) => Promise<Opened>;
};

/** A requirement that this host lacks; no failure. */
export class Missing extends Error {
	override readonly name = 'Missing';
}

/** The duration of some work in milliseconds, as a reading. */
export const timeOf = async (work: () => Promise<unknown>): Promise<readonly [number]> => {
	const start = performance.now();
	await work();
	return [performance.now() - start];
};
