import type {Readable} from 'node:stream';
import type {Progress} from './resources.js';

export type RegistryCredentials = {
	readonly username: string;
	readonly password: string;
	/** Host and port of the registry; default Docker Hub. */
	readonly server?: string;
};

export type PullOptions = {
	readonly credentials?: RegistryCredentials;
	/** `linux/amd64`; default that of the host. */
	readonly platform?: string;
	readonly signal?: AbortSignal;
};

export type PushOptions = {
	readonly credentials?: RegistryCredentials;
	readonly signal?: AbortSignal;
};

export type ImportOptions = {
	/** Name of the new image; default none. */
	readonly tag?: string;
	/** Of the layer in the history; default `Imported from -`. */
	readonly message?: string;
	/** Dockerfile instructions that change the configuration, such as `CMD ["redis-server"]`. */
	readonly changes?: readonly string[];
	/** Such as `linux/amd64`; only the host's own is possible. */
	readonly platform?: string;
};

export type ArchiveOptions = {
	/** `linux/amd64`; throws `not-found` if an image is not of that platform. Default whatever it is. */
	readonly platform?: string;
};

/** What a registry has under a name. */
export type RegistryImage = {
	/** Of the manifest, or of the index of an image for several platforms. */
	readonly digest: string;
	readonly mediaType: string;
	/** Of the manifest or index itself. */
	readonly sizeBytes: number;
	/** Such as `linux/amd64`. */
	readonly platforms: readonly string[];
};

/** Pulls, pushes and archives of images. */
export type TransferVerbs = {
	pullImage: (reference: string, options?: PullOptions) => AsyncIterable<Progress>;
	pushImage: (reference: string, options?: PushOptions) => AsyncIterable<Progress>;
	/** Asks the registry about an image, without pulling it. */
	registryImage: (reference: string, options?: PushOptions) => Promise<RegistryImage>;
	/** A tar in docker-archive format. */
	saveImages: (references: readonly string[], options?: ArchiveOptions) => Promise<Readable>;
	loadImages: (tar: Readable, options?: ArchiveOptions) => AsyncIterable<Progress>;
	/** Makes an image of one layer from the files in a tar, plain or compressed. */
	importImage: (tar: Readable, options?: ImportOptions) => Promise<{readonly id: string}>;
	/** Throws `forbidden` if the registry rejects them. */
	checkCredentials: (credentials: RegistryCredentials) => Promise<void>;
};
