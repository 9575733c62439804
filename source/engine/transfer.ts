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

/** Pulls, pushes and archives of images. */
export type TransferVerbs = {
	pullImage: (reference: string, options?: PullOptions) => AsyncIterable<Progress>;
	pushImage: (reference: string, options?: PushOptions) => AsyncIterable<Progress>;
	/** A tar in docker-archive format. */
	saveImages: (references: readonly string[]) => Promise<Readable>;
	loadImages: (tar: Readable) => AsyncIterable<Progress>;
	/** Throws `forbidden` if the registry rejects them. */
	checkCredentials: (credentials: RegistryCredentials) => Promise<void>;
};
