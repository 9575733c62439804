import {type Readable, type Writable} from 'node:stream';
import type {
	AttachmentConfiguration,
	Container,
	ContainerConfiguration,
	ContainerStats,
	DnsRecord,
	EngineEvent,
	FileChange,
	Image,
	LogEntry,
	Network,
	NetworkConfiguration,
	Progress,
	Volume,
} from './resources.js';

/** Docker's filters: each key may be given several times. */
export type Filters = Readonly<Record<string, readonly string[]>>;

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
	/** Directory of everything the engine keeps. */
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
	readonly architecture: string;
	readonly accelerator?: string;
	readonly warnings: readonly string[];
};

export type DiskUsage = {
	readonly images: ReadonlyArray<{readonly image: Image; readonly containers: number}>;
	readonly containers: ReadonlyArray<{readonly container: Container; readonly bytes: number}>;
	readonly volumes: ReadonlyArray<{readonly volume: Volume; readonly bytes: number; readonly containers: number}>;
	/** Base disks of images and templates of machines, remade when they are needed. */
	readonly cacheBytes: number;
};

/** What a prune took away. */
export type Pruned = {readonly removed: readonly string[]; readonly freedBytes: number};

/**
Standard streams of a process, live.

With a terminal everything comes on `stdout` as the terminal's bytes. Destroying `stdin` without ending it detaches; ending it gives the process its end of file.
*/
export type Session = {
	readonly terminal: boolean;
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Ends the session and leaves the process as it is. */
	close: () => void;
};

export type ExecConfiguration = {
	readonly command: readonly string[];
	readonly terminal: boolean;
	readonly stdin: boolean;
	readonly environment: readonly string[];
	readonly workingDirectory?: string;
	readonly user?: string;
	readonly privileged: boolean;
};

export type ExecStatus = {
	readonly id: string;
	readonly containerId: string;
	readonly configuration: ExecConfiguration;
	readonly running: boolean;
	/** Once it has ended. */
	readonly exitCode?: number;
};

export type TerminalSize = {readonly rows: number; readonly columns: number};

export type LogOptions = {
	readonly follow?: boolean;
	/** Last lines only; default all. */
	readonly tail?: number;
	/** Milliseconds since the epoch. */
	readonly since?: number;
	readonly until?: number;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
	readonly signal?: AbortSignal;
};

export type BootLogOptions = Pick<LogOptions, 'follow' | 'tail' | 'signal'>;

/** What a path inside a container is, as the `X-Docker-Container-Path-Stat` header has it. */
export type PathStatus = {
	readonly name: string;
	readonly sizeBytes: number;
	/** Type and permission bits as in POSIX `st_mode`. */
	readonly mode: number;
	readonly modifiedAt: number;
	readonly linkTarget: string;
};

export type BuildOptions = {
	readonly tags: readonly string[];
	/** Path of the Dockerfile within the context; default `Dockerfile`, then `Containerfile`. */
	readonly file?: string;
	readonly buildArguments: Readonly<Record<string, string>>;
	readonly target?: string;
	readonly noCache: boolean;
	/** Look for newer base images even where there is one. */
	readonly pull: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** For the registries of base images, at most one for each. */
	readonly credentials?: readonly RegistryCredentials[];
	readonly signal?: AbortSignal;
};

export type RegistryCredentials = {
	readonly username: string;
	readonly password: string;
	/** Host and port of the registry; default Docker Hub. */
	readonly server?: string;
};

/** What of a container can be changed; what is undefined stays. */
export type ContainerUpdate = Partial<Pick<ContainerConfiguration, 'restartPolicy' | 'cpus' | 'memory'>>;

export type CommitOptions = {
	/** Name of the new image; default none. */
	readonly tag?: string;
	readonly author?: string;
	readonly comment?: string;
	/** Lines of a Dockerfile that change the configuration, such as `CMD ["redis-server"]`. */
	readonly changes?: readonly string[];
	/** Hold the container's processes still meanwhile; default true. */
	readonly pause?: boolean;
};

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

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

/**
Every verb the product has, and what every backend is.

A `reference` of a container is its id, the unambiguous beginning of one, or its name; of a network and a volume its name or id; of an image its name, id or the beginning of one. Every verb throws `HolmError`, and one that throws has changed nothing.
*/
export type Engine = {
	version: () => Promise<EngineVersion>;
	info: () => Promise<EngineInfo>;
	diskUsage: () => Promise<DiskUsage>;
	snapshot: (options?: {readonly stats?: boolean}) => Promise<Snapshot>;
	events: (options?: {readonly since?: number; readonly until?: number; readonly filters?: Filters; readonly signal?: AbortSignal}) => AsyncIterable<EngineEvent>;

	/** Running ones, unless `all`. Newest first. */
	containers: (options?: {readonly all?: boolean; readonly filters?: Filters; readonly size?: boolean}) => Promise<readonly Container[]>;
	container: (reference: string, options?: {readonly size?: boolean}) => Promise<Container>;
	/** Refuses an unknown image, `not-found`: pulling is the caller's. */
	createContainer: (configuration: ContainerConfiguration) => Promise<{readonly id: string; readonly warnings: readonly string[]}>;
	startContainer: (reference: string) => Promise<void>;
	/** Resolves when it has ended; `not-modified` when it does not run. */
	stopContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	restartContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	/** Default SIGKILL. */
	killContainer: (reference: string, signal?: string) => Promise<void>;
	pauseContainer: (reference: string) => Promise<void>;
	unpauseContainer: (reference: string) => Promise<void>;
	renameContainer: (reference: string, name: string) => Promise<void>;
	/** A restart policy counts at once, CPUs and memory from the next start on: refused with `conflict` while it runs, unless its machine has just those. */
	updateContainer: (reference: string, update: ContainerUpdate) => Promise<{readonly warnings: readonly string[]}>;
	removeContainer: (reference: string, options?: {readonly force?: boolean; readonly volumes?: boolean}) => Promise<void>;
	/** Resolves with the exit status; default condition `not-running`. */
	waitContainer: (reference: string, condition?: WaitCondition, signal?: AbortSignal) => Promise<{readonly exitCode: number; readonly reason?: string}>;
	/** In the order in which the lines left the container. */
	logs: (reference: string, options?: LogOptions) => AsyncIterable<LogEntry>;
	/**
	What the machine's kernel and guest printed on its console, from the boot of the kernel on, or while no machine runs what the last one's printed; following ends with the machine. A console has no times: that of an entry is one at which it had been printed. `not-found` for a container that has had no machine yet.

	Absent from a backend without machines.
	*/
	bootLog?: (reference: string, options?: BootLogOptions) => AsyncIterable<LogEntry>;
	/** Output from now on; `logs` sends what was written before it first. A container that is not yet running may be attached, so that nothing of its start is missed. */
	attachContainer: (reference: string, options?: {readonly stdin?: boolean; readonly logs?: boolean}) => Promise<Session>;
	resizeContainer: (reference: string, size: TerminalSize) => Promise<void>;
	createExec: (reference: string, configuration: ExecConfiguration) => Promise<string>;
	startExec: (id: string, size?: TerminalSize) => Promise<Session>;
	resizeExec: (id: string, size: TerminalSize) => Promise<void>;
	exec: (id: string) => Promise<ExecStatus>;
	/** One reading, or with `stream` one a second until the container ends or `signal` aborts. */
	stats: (reference: string, options?: {readonly stream?: boolean; readonly signal?: AbortSignal}) => AsyncIterable<ContainerStats>;
	top: (reference: string, psArguments?: string) => Promise<{readonly titles: readonly string[]; readonly processes: ReadonlyArray<readonly string[]>}>;
	pathStatus: (reference: string, path: string) => Promise<PathStatus>;
	/** A tar of the file or directory, whose first entry has its base name. */
	readArchive: (reference: string, path: string) => Promise<{readonly status: PathStatus; readonly tar: Readable}>;
	/** Unpacks a tar into the directory `path`, which must exist. */
	writeArchive: (reference: string, path: string, tar: Readable) => Promise<void>;
	/** What differs from the image, directories before what is in them: what was added with everything below it, of what was deleted the topmost path only, and the directories above. Mounts and what was made to mount them are left out. */
	changes: (reference: string) => Promise<readonly FileChange[]>;
	/** A tar of the whole root file system, names relative to it, without the content of mounts. */
	exportContainer: (reference: string) => Promise<Readable>;
	/** Makes an image of a container: its image with what it has otherwise, except in mounts, as one more layer. */
	commitContainer: (reference: string, options?: CommitOptions) => Promise<{readonly id: string}>;
	pruneContainers: (filters?: Filters) => Promise<Pruned>;

	networks: (filters?: Filters) => Promise<readonly Network[]>;
	network: (reference: string) => Promise<Network>;
	createNetwork: (configuration: NetworkConfiguration) => Promise<{readonly id: string}>;
	removeNetwork: (reference: string) => Promise<void>;
	connectNetwork: (container: string, attachment: AttachmentConfiguration) => Promise<void>;
	disconnectNetwork: (network: string, container: string, options?: {readonly force?: boolean}) => Promise<void>;
	pruneNetworks: (filters?: Filters) => Promise<Pruned>;
	/** Absent from a backend that does not know them. */
	dnsRecords?: (network: string) => Promise<readonly DnsRecord[]>;

	images: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<readonly Image[]>;
	image: (reference: string) => Promise<Image>;
	pullImage: (reference: string, options?: {readonly credentials?: RegistryCredentials; readonly platform?: string; readonly signal?: AbortSignal}) => AsyncIterable<Progress>;
	pushImage: (reference: string, options?: {readonly credentials?: RegistryCredentials; readonly signal?: AbortSignal}) => AsyncIterable<Progress>;
	/** `context` is a tar, plain or gzipped. */
	buildImage: (context: Readable, options: BuildOptions) => AsyncIterable<Progress>;
	tagImage: (reference: string, tag: string) => Promise<void>;
	/** What was untagged and what was deleted, as Docker lists them. */
	removeImage: (reference: string, options?: {readonly force?: boolean}) => Promise<{readonly untagged: readonly string[]; readonly deleted: readonly string[]}>;
	/** A tar in docker-archive format. */
	saveImages: (references: readonly string[]) => Promise<Readable>;
	loadImages: (tar: Readable) => AsyncIterable<Progress>;
	pruneImages: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<Pruned>;
	/** Refuses with `forbidden` what the registry refuses. */
	checkCredentials: (credentials: RegistryCredentials) => Promise<void>;

	volumes: (filters?: Filters) => Promise<readonly Volume[]>;
	volume: (name: string) => Promise<Volume>;
	createVolume: (configuration: {readonly name?: string; readonly labels?: Readonly<Record<string, string>>}) => Promise<Volume>;
	removeVolume: (name: string, options?: {readonly force?: boolean}) => Promise<void>;
	pruneVolumes: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<Pruned>;
};
