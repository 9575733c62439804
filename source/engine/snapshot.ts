import type {Builder} from './builder.js';
import type {
	Container,
	ContainerStats,
	Image,
	Network,
	Volume,
} from './resources.js';

/** All resources, read at one moment. */
export type Snapshot = {
	readonly readAt: number;
	readonly containers: readonly Container[];
	readonly networks: readonly Network[];
	readonly images: readonly Image[];
	readonly volumes: readonly Volume[];
	/** If there is one. Its container is not among `containers`. */
	readonly builder?: {readonly status: Builder; readonly container: Container};
	/** Milliseconds of a question and its answer, for an engine over SSH. */
	readonly roundTripMs?: number;
	/** Of running containers and the builder, by container id; only if requested. */
	readonly stats: Readonly<Record<string, ContainerStats>>;
};

/** What somebody who takes snapshots again and again looks at. An engine that has to ask others for them asks less often for those who look less. */
export type Attention = {
	/** Lists that are open; containers always are. */
	readonly shown: ReadonlyArray<'networks' | 'images' | 'volumes'>;
	/** Milliseconds since the last key. */
	readonly idleMs: number;
};

/** One consistent reading of all resources. */
export type SnapshotVerbs = {
	/** With `attention`, the parts may be of different moments; changes by this engine are always in it. */
	snapshot: (options?: {readonly stats?: boolean; readonly attention?: Attention}) => Promise<Snapshot>;
};
