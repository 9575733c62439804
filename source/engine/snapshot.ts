import type {
	Container,
	ContainerStats,
	Image,
	Network,
	Volume,
} from './resources.js';

/** Everything that a dashboard shows, read at one moment. */
export type Snapshot = {
	readonly readAt: number;
	readonly containers: readonly Container[];
	readonly networks: readonly Network[];
	readonly images: readonly Image[];
	readonly volumes: readonly Volume[];
	/** By container id; of running containers, where asked for. */
	readonly stats: Readonly<Record<string, ContainerStats>>;
};

/** One consistent reading of everything a dashboard shows. */
export type SnapshotVerbs = {
	snapshot: (options?: {readonly stats?: boolean}) => Promise<Snapshot>;
};
