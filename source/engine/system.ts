import type {Container, Image, Volume} from './resources.js';

export type EngineVersion = {
	readonly name: string;
	readonly version: string;
	readonly apiVersion: string;
	readonly minimumApiVersion: string;
	readonly os: string;
	readonly architecture: string;
	readonly kernel: string;
};

export type EngineInfo = {
	readonly id: string;
	readonly name: string;
	/** Directory of the engine's data. */
	readonly root: string;
	readonly containers: number;
	readonly running: number;
	readonly paused: number;
	readonly stopped: number;
	readonly images: number;
	readonly cpus: number;
	readonly memoryBytes: number;
	readonly operatingSystem: string;
	readonly kernel: string;
	/** Of the host's processor, as `uname -m` has it: `x86_64`, `aarch64`. */
	readonly architecture: string;
	readonly accelerator?: string;
	readonly warnings: readonly string[];
};

export type DiskUsage = {
	readonly images: ReadonlyArray<{readonly image: Image; readonly containers: number}>;
	readonly containers: ReadonlyArray<{readonly container: Container; readonly bytes: number}>;
	readonly volumes: ReadonlyArray<{readonly volume: Volume; readonly bytes: number; readonly containers: number}>;
	/** Base disks of images and VM templates, recreated on demand. */
	readonly cacheBytes: number;
	/** Bytes that the disk of the builder uses, most of them the cache of builds; absent without a builder. */
	readonly builderBytes?: number;
};

/** Version, state and disk usage of the engine. */
export type SystemVerbs = {
	version: () => Promise<EngineVersion>;
	info: () => Promise<EngineInfo>;
	diskUsage: () => Promise<DiskUsage>;
};
