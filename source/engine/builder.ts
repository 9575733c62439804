import type {Duplex} from 'node:stream';
import {HolmError} from './errors.js';
import type {Pruned} from './resources.js';

/** Size of the builder. A change of the disk removes its cache. */
export type BuilderConfiguration = {
	/** Default 2, or 1 on a host with one CPU. */
	readonly cpus: number;
	/** Default 2 GiB. */
	readonly memoryBytes: number;
	/** Capacity of its disk, which has the cache; default 32 GiB. Unused blocks take no space on the host. */
	readonly diskBytes: number;
	/** Seconds without a build until it stops; default 600. */
	readonly keepSeconds: number;
};

/** The machine that builds images. */
export type Builder = BuilderConfiguration & {
	readonly state: 'absent' | 'stopped' | 'running';
	/** Id of its container, for `logs` and `exec`; undefined if there is none. */
	readonly id?: string;
	/** Bytes that its disk uses on the host, most of them the cache. */
	readonly usedBytes: number;
	/** Connections of clients that build. */
	readonly connections: number;
};

/** A process of a step that runs now, of any client's build. */
export type BuildStep = {
	/** Groups the processes of one step: 1 for the step that began first. */
	readonly step: number;
	/** In the builder's machine. */
	readonly pid: number;
	readonly elapsedSeconds: number;
	/** One line of printable characters, of at most 200 columns. */
	readonly command: string;
};

/** What an engine can do with its builder. */
export type BuilderActions = {
	readonly status: () => Promise<Builder>;
	/** The first 16 processes of each of up to 16 steps, the oldest first; none if it does not run. Throws `unavailable` if its machine does not answer. */
	readonly steps: () => Promise<readonly BuildStep[]>;
	/** Does nothing if it runs. */
	readonly start: () => Promise<void>;
	/** Does nothing if it does not run. Throws `conflict` while it builds, unless `isForced`. */
	readonly stop: (options?: {readonly isForced?: boolean}) => Promise<void>;
	/** Applies from its next start on. Throws `conflict` if it runs and the change needs another machine. */
	readonly update: (change: Partial<BuilderConfiguration>) => Promise<void>;
	/** Removes the cache that no build uses. */
	readonly prune: () => Promise<Pruned>;
	/** Removes it with its cache and its programs; the next build makes it again. Throws `conflict` while it builds, unless `isForced`. */
	readonly remove: (options?: {readonly isForced?: boolean}) => Promise<void>;
};

/** The way of Docker's clients to the builder. */
export type BuilderChannel = {
	/** Connects to its API, which is Docker's, with BuildKit; starts it if needed. Throws `unavailable` with what is missing. */
	readonly connect: () => Promise<Duplex>;
	/** Takes what was built into the images of the engine. Calls for images do that too while somebody builds. */
	readonly collect: () => Promise<void>;
};

export type BuilderVerbs = {
	/** Absent from a backend that has no builder of its own. */
	readonly builder?: BuilderActions;
	readonly builderChannel?: BuilderChannel;
};

/** Throws `unsupported` for an engine without a builder. */
export const builderOf = ({builder}: BuilderVerbs): BuilderActions => {
	if (!builder) {
		throw new HolmError('unsupported', 'this engine has no builder', {remedy: 'the engine of Linux hosts has one'});
	}

	return builder;
};
