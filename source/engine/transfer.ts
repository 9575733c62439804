import {type Readable} from 'node:stream';
import type {Progress} from './resources.js';

export type RegistryCredentials = {
	readonly username: string;
	readonly password: string;
	/** Host and port of the registry; default Docker Hub. */
	readonly server?: string;
};

/** Pulls, pushes and archives of images. */
export type TransferVerbs = {
	pullImage: (reference: string, options?: {readonly credentials?: RegistryCredentials; readonly platform?: string; readonly signal?: AbortSignal}) => AsyncIterable<Progress>;
	pushImage: (reference: string, options?: {readonly credentials?: RegistryCredentials; readonly signal?: AbortSignal}) => AsyncIterable<Progress>;
	/** A tar in docker-archive format. */
	saveImages: (references: readonly string[]) => Promise<Readable>;
	loadImages: (tar: Readable) => AsyncIterable<Progress>;
	/** Refuses with `forbidden` what the registry refuses. */
	checkCredentials: (credentials: RegistryCredentials) => Promise<void>;
};
