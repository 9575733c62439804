import type {Filters, Pruned, Volume} from './resources.js';

/** Named volumes: listing, creation and removal. */
export type VolumesVerbs = {
	volumes: (filters?: Filters) => Promise<readonly Volume[]>;
	volume: (name: string) => Promise<Volume>;
	createVolume: (configuration: {readonly name?: string; readonly labels?: Readonly<Record<string, string>>}) => Promise<Volume>;
	removeVolume: (name: string, options?: {readonly force?: boolean}) => Promise<void>;
	pruneVolumes: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<Pruned>;
};
