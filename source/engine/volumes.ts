import type {Filters, Pruned, Volume} from './resources.js';

export type VolumeConfiguration = {
	/** Default: a generated name, of an anonymous volume. */
	readonly name?: string;
	readonly labels?: Readonly<Record<string, string>>;
	/** Options of the driver `local`: see `rules/volume-options.ts`. */
	readonly options?: Readonly<Record<string, string>>;
};

/** Named volumes: listing, creation and removal. */
export type VolumesVerbs = {
	volumes: (filters?: Filters) => Promise<readonly Volume[]>;
	volume: (name: string) => Promise<Volume>;
	/** Resolves with the volume of that name if there is one, unchanged. */
	createVolume: (configuration: VolumeConfiguration) => Promise<Volume>;
	removeVolume: (name: string, options?: {readonly force?: boolean}) => Promise<void>;
	pruneVolumes: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<Pruned>;
};
