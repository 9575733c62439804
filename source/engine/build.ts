import type {Duplex, Readable} from 'node:stream';
import type {Progress, Ulimit} from './resources.js';
import type {RegistryCredentials} from './transfer.js';

export type BuildOptions = {
	readonly tags: readonly string[];
	/** Path of the Dockerfile within the context; default `Dockerfile`. */
	readonly file?: string;
	readonly buildArguments: Readonly<Record<string, string>>;
	readonly target?: string;
	/** Such as `linux/amd64`. Steps only run programs of the host's own, and only BuildKit builds for another one. */
	readonly platform?: string;
	readonly noCache: boolean;
	/** Pull newer base images even if there is a local one. */
	readonly pull: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** For the registries of base images, at most one for each. */
	readonly credentials?: readonly RegistryCredentials[];
	/** `NAME:ADDRESS`; the address may be `host-gateway`. */
	readonly extraHosts?: readonly string[];
	/** The network of the steps; default one with a way out, `host` that of the builder. */
	readonly network?: 'host' | 'none';
	/** Images whose layers may be used as cache, of registries. */
	readonly cacheFrom?: readonly string[];
	/** Values by id, for steps that mount them. They stay out of the image. Only BuildKit has them. */
	readonly secrets?: ReadonlyMap<string, Uint8Array>;
	/** Agents of SSH by id, for steps that mount their sockets. Each opens a connection that speaks the protocol of OpenSSH's. Only BuildKit has them. */
	readonly agents?: ReadonlyMap<string, () => Promise<Duplex>>;
	/** Takes the files of the result, as a tar, in place of an image in the engine. What it throws is the error of the build. Only BuildKit has it. */
	readonly takeFiles?: (tar: Readable) => Promise<void>;
	/** Of `/dev/shm` in the steps. */
	readonly shmBytes?: number;
	/** Of the steps; others are the engine's own. */
	readonly ulimits?: readonly Ulimit[];
	readonly signal?: AbortSignal;
};

/** Images built from Dockerfiles. */
export type BuildVerbs = {
	/** `context` is a tar, plain or gzipped. */
	buildImage: (context: Readable, options: BuildOptions) => AsyncIterable<Progress>;
};
