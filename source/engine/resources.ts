import type {ContainerSettings} from './container-settings.js';
import type {Health, Healthcheck} from './health.js';

/**
The resources of Holm.

`…Configuration` is a desired state, `…Status` an observed one; a resource has both. Unless stated otherwise, sizes are bytes, times are milliseconds since the epoch, and addresses are IPv4 in dotted form; durations have their unit in their name.
*/

/** One published port: a listener on the host that forwards to a port of the container. */
export type PublishedPort = {
	/** Address on the host to listen on; `0.0.0.0` for all of IPv4, `::` for all of IPv6. Empty in a configuration for both; a running container then has a port for each. */
	readonly hostAddress: string;
	/** 1 to 65535; 0 in a configuration asks for a free one. */
	readonly hostPort: number;
	readonly containerPort: number;
	readonly protocol: 'tcp' | 'udp';
};

/** A requested attachment to one network. */
export type AttachmentConfiguration = {
	/** Name or id of the network as the user gave it; the engine keeps the name. */
	readonly network: string;
	/** A fixed address; without it the network's IPAM leases one. */
	readonly address?: string;
	/** A fixed MAC address; without it one is derived from the container's id. */
	readonly mac?: string;
	/** Further names that the network's name server answers for this container. */
	readonly aliases: readonly string[];
	/** `CONTAINER:ALIAS`: names of other containers on this network that the name server answers for this container alone. */
	readonly links?: readonly string[];
	/** Options of the driver, which has none: they are only kept. */
	readonly driverOptions?: Readonly<Record<string, string>>;
};

/** A network device of a container. */
export type Attachment = {
	readonly network: string;
	readonly networkId: string;
	/** Id of this attachment, 64 hexadecimal digits, as Docker's EndpointID. */
	readonly endpointId: string;
	readonly address: string;
	/** Length of the network prefix, such as 24. */
	readonly prefixLength: number;
	readonly gateway: string;
	readonly mac: string;
	readonly aliases: readonly string[];
};

/** A host directory or file, a named volume, or a file system in memory, mounted in a container. */
export type Mount =
	| {
		readonly type: 'bind';
		readonly source: string;
		readonly target: string;
		readonly readOnly: boolean;
		/** Make a missing source as an empty directory at each start, as `-v` does; default a missing source is refused. */
		readonly createSource?: boolean;
	}
	| {
		readonly type: 'volume';
		/** Name of the volume; empty in a configuration asks for an anonymous one. */
		readonly source: string;
		readonly target: string;
		readonly readOnly: boolean;
		/** Leave an empty volume empty; default it starts with the image's files at `target`. */
		readonly noCopy?: boolean;
		/** A directory or file in the volume to mount instead of all of it. It must exist at the start. */
		readonly subpath?: string;
		/** The directory of the host that has its files, of a container's mount; absent if no directory is always there. */
		readonly mountpoint?: string;
	}
	| {
		readonly type: 'tmpfs';
		readonly target: string;
		readonly readOnly: boolean;
		/** Mount options as given after the colon of `--tmpfs`, such as `size=64m`. */
		readonly options: readonly string[];
	};

export type RestartPolicy = {
	readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped';
	/** For `on-failure`; 0 is without limit. */
	readonly maximumRetryCount: number;
};

export type Ulimit = {readonly name: string; readonly soft: number; readonly hard: number};

/** Everything a user can set for a container. Undefined settings come from the image, then from the engine's defaults. */
export type ContainerConfiguration = ContainerSettings & {
	/** Image reference as given, such as `redis:alpine`. */
	readonly image: string;
	/** Default: the engine generates one. */
	readonly name?: string;
	/** An empty array keeps the image's. */
	readonly command: readonly string[];
	/** Undefined keeps the image's; `[]` clears it. */
	readonly entrypoint?: readonly string[];
	/** `KEY=value`, over the image's. */
	readonly environment: readonly string[];
	readonly workingDirectory?: string;
	/** `user`, `uid`, `user:group` or `uid:gid`. */
	readonly user?: string;
	readonly hostname?: string;
	readonly terminal: boolean;
	/** Keep standard input open. */
	readonly openStdin: boolean;
	/** Remove the container when it ends. */
	readonly autoRemove: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** Empty means the default network; `none` as the only network means no network at all. */
	readonly networks: readonly AttachmentConfiguration[];
	readonly ports: readonly PublishedPort[];
	/** Publish every port that the image exposes on a free port of the host. */
	readonly publishAll: boolean;
	readonly mounts: readonly Mount[];
	/** `name:address`; the address `host-gateway` is the host's. */
	readonly extraHosts: readonly string[];
	readonly dnsServers: readonly string[];
	readonly dnsSearch: readonly string[];
	/** CPUs that it may use; default all of its VM. The VM has as many virtual CPUs, rounded up, at least 1. */
	readonly cpus?: number;
	/** Memory of the machine in bytes; default 512 MiB. */
	readonly memory?: number;
	readonly readOnlyRoot: boolean;
	readonly capabilitiesToAdd: readonly string[];
	readonly capabilitiesToDrop: readonly string[];
	readonly privileged: boolean;
	readonly ulimits: readonly Ulimit[];
	/** Run a small init as process 1 that reaps and forwards signals. */
	readonly init: boolean;
	/** Name or number; default of the image, then `SIGTERM`. */
	readonly stopSignal?: string;
	/** Seconds between the stop signal and SIGKILL; default 10. */
	readonly stopTimeoutSeconds?: number;
	readonly restartPolicy: RestartPolicy;
	/** Undefined keeps the image's. */
	readonly healthcheck?: Healthcheck;
	/** Such as `linux/amd64`; only the host's own is run. */
	readonly platform?: string;
	/** Path on the host of a kernel for this machine; default the engine's own. */
	readonly kernel?: string;
};

/** The state of a container. Each state carries the fields that only it has. */
export type ContainerStatus =
	| {readonly state: 'created'}
	| {readonly state: 'running'; readonly pid: number; readonly startedAt: number}
	| {readonly state: 'paused'; readonly pid: number; readonly startedAt: number}
	| {readonly state: 'restarting'; readonly exitCode: number; readonly finishedAt: number}
	| {
		readonly state: 'exited';
		readonly exitCode: number;
		/** The reason, if the process did not end by itself: `out of memory`, `the machine was killed (SIGKILL)`. */
		readonly reason?: string;
		readonly outOfMemory: boolean;
		/** 0 if it never ran. */
		readonly startedAt: number;
		readonly finishedAt: number;
	};

/** What ended the last run of a container, or kept it from running. */
export type ExitCause =
	/** Its process, by itself: no client asked for it. */
	| {readonly kind: 'process'}
	/** A client of the engine. */
	| {
		readonly kind: 'request';
		readonly verb: 'stop' | 'restart' | 'kill' | 'remove';
		/** The signal that was sent first. */
		readonly signal: number;
		/** As the client calls itself, such as `holm (user root)`; absent if it does not say. */
		readonly by?: string;
	}
	/** The engine: its host shut down, or it was stopped with its containers. */
	| {readonly kind: 'engine'}
	| {readonly kind: 'out-of-memory'}
	/** The kernel of its VM panicked. */
	| {readonly kind: 'panic'; readonly reason: string}
	/** Its VM ended without a word of its guest. */
	| {readonly kind: 'machine'; readonly reason: string}
	/** Its process never ran. */
	| {
		readonly kind: 'start';
		readonly reason: string;
		/** The phase that was not completed; absent if there was no VM yet. */
		readonly phase?: BootPhase['name'];
	};

/** How the last run of a container ended. */
export type Exit = {
	readonly at: number;
	readonly exitCode: number;
	readonly cause: ExitCause;
	/** 0 if its process never ran. */
	readonly startedAt: number;
	/** The most memory that it had in use, page cache included; absent if its guest did not say. */
	readonly memoryPeakBytes?: number;
	readonly memoryLimitBytes?: number;
};

export type Container = {
	/** 64 hexadecimal digits. */
	readonly id: string;
	readonly name: string;
	/** The builder is a container of the engine's own; it is in no list. */
	readonly role?: 'builder';
	readonly createdAt: number;
	readonly imageId: string;
	readonly configuration: ContainerConfiguration;
	/** The process to start: entrypoint and command, combined with the image's. */
	readonly process: {
		readonly arguments: readonly string[];
		readonly environment: readonly string[];
		readonly workingDirectory: string;
		readonly user: string;
	};
	readonly status: ContainerStatus;
	/** Also of one that runs again; absent if it has not ended yet, or from a backend that does not know. */
	readonly lastExit?: Exit;
	/** The wanted health check over the image's; absent if both have none. */
	readonly healthcheck?: Healthcheck;
	/** Absent if it has never run with a health check. */
	readonly health?: Health;
	/** The devices of a running container; the fixed or last known addresses of a stopped one. */
	readonly attachments: readonly Attachment[];
	/** A running container has the host ports that were chosen, a stopped one the requested ones. */
	readonly ports: readonly PublishedPort[];
	/** Ports declared by the image or the user, such as `6379/tcp`. */
	readonly exposedPorts: readonly string[];
	/** Anonymous volumes have their generated names. */
	readonly mounts: readonly Mount[];
	readonly restartCount: number;
	/** Bytes of the container's disk beyond its image; only if requested. */
	readonly diskBytes?: number;
	/** The VM; absent from a backend without VMs. */
	readonly machine?: Machine;
	/** The backend's own description, verbatim, if it says more than this type. */
	readonly source?: unknown;
};

/** The phases of a start, in their order. */
export const bootPhases = ['restore', 'plug', 'disk', 'network', 'process'] as const;

export type BootPhase = {
	readonly name: typeof bootPhases[number];
	/** Milliseconds from the start of the machine to the start and to the end of the phase. */
	readonly startMs: number;
	readonly endMs: number;
};

/** The virtual machine of one container. */
export type Machine = {
	/** `tcg` is emulation. */
	readonly accelerator: 'kvm' | 'hvf' | 'tcg';
	readonly cpus: number;
	readonly memoryBytes: number;
	/** Path on the host. */
	readonly kernel: string;
	/** Of the last start. */
	readonly phases: readonly BootPhase[];
};

export type NetworkConfiguration = {
	readonly name: string;
	/** Such as `192.168.70.0/24`; default the next free subnet of the pool. */
	readonly subnet?: string;
	/** Default the first address of the subnet. */
	readonly gateway?: string;
	/** A CIDR within the subnet that leases are taken from; default the whole subnet. */
	readonly ipRange?: string;
	/** Addresses of the subnet that no container gets, by the names of their holders. */
	readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
	/** Isolated: nothing leaves its bridge. */
	readonly internal: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** `bridge` is the only one. */
	readonly driver: string;
	/** Docker's options of the driver; `com.docker.network.driver.mtu` is the one with an effect. */
	readonly options?: Readonly<Record<string, string>>;
};

/** An address of a network, and the container that holds it. */
export type Lease = {
	readonly address: string;
	readonly mac: string;
	readonly containerId: string;
	readonly containerName: string;
	readonly endpointId: string;
	/** The container does not run: it keeps the address for its next start, but the network can be removed. */
	readonly isResting?: boolean;
};

export type Network = {
	/** 64 hexadecimal digits. */
	readonly id: string;
	readonly name: string;
	readonly createdAt: number;
	readonly driver: string;
	readonly subnet: string;
	readonly gateway: string;
	readonly ipRange?: string;
	readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
	readonly internal: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** Of the driver, as they were given. */
	readonly options?: Readonly<Record<string, string>>;
	/** Addresses held by containers, running or not. */
	readonly leases: readonly Lease[];
	/** Name of the bridge on the host, if there is one. */
	readonly bridge?: string;
	readonly source?: unknown;
};

/** One record of a network's name server. */
export type DnsRecord = {
	/** Without the final dot, lower case. */
	readonly name: string;
	readonly type: 'A' | 'AAAA' | 'PTR';
	/** Address, or name for PTR. */
	readonly value: string;
	readonly ttlSeconds: number;
	/** Id of the container; absent for the host's own names. */
	readonly containerId?: string;
};

/** The defaults that an image gives its containers: `config` of the OCI image specification. */
export type ImageConfiguration = {
	readonly user: string;
	readonly environment: readonly string[];
	readonly entrypoint: readonly string[];
	readonly command: readonly string[];
	readonly workingDirectory: string;
	/** Such as `6379/tcp`. */
	readonly exposedPorts: readonly string[];
	/** Paths at which a container gets an anonymous volume. */
	readonly volumes: readonly string[];
	readonly labels: Readonly<Record<string, string>>;
	readonly stopSignal?: string;
	/** The words before a command in shell form in Dockerfiles that build on the image; default `/bin/sh -c`. */
	readonly shell?: readonly string[];
	/** Instructions for Dockerfiles that build on the image. */
	readonly onBuild?: readonly string[];
	readonly healthcheck?: Healthcheck;
};

export type Image = {
	/** `sha256:` and 64 hexadecimal digits. */
	readonly id: string;
	/** Such as `docker.io/library/redis:alpine`; empty for a dangling image. */
	readonly tags: readonly string[];
	/** Such as `docker.io/library/redis@sha256:…`. */
	readonly digests: readonly string[];
	/** Id of the image that it was built on or committed from, if the engine has that one. */
	readonly parent?: string;
	readonly createdAt: number;
	readonly sizeBytes: number;
	readonly architecture: string;
	readonly os: string;
	/** Of its commit or its Dockerfile; default none. */
	readonly author?: string;
	/** Of its commit or import; default none. */
	readonly comment?: string;
	readonly configuration: ImageConfiguration;
	/** Layers, oldest first, as `sha256:…`. */
	readonly layers: readonly string[];
	/** Bytes of each layer, in that order. Only Holm's own engine knows them, and says them as sizes of the history and of what images share. */
	readonly layerBytes?: readonly number[];
	readonly history: ReadonlyArray<{
		readonly createdAt: number;
		readonly createdBy: string;
		readonly empty: boolean;
		readonly comment: string;
	}>;
	readonly source?: unknown;
};

export type Volume = {
	readonly name: string;
	readonly createdAt: number;
	/** Directory on the host. */
	readonly mountpoint: string;
	readonly labels: Readonly<Record<string, string>>;
	/** Options of the driver, such as `device`; see `rules/volume-options.ts`. */
	readonly options?: Readonly<Record<string, string>>;
	readonly anonymous: boolean;
	readonly source?: unknown;
};

/** One line of a container's log, or a piece of one. */
export type LogEntry = {
	readonly stream: 'stdout' | 'stderr';
	/** RFC 3339 with nanoseconds, UTC. */
	readonly timestamp: string;
	/** With its final line feed, unless the line goes on in the next entry. */
	readonly bytes: Uint8Array;
};

/** One reading of a running container's resource usage. Counters are totals since its start. */
export type ContainerStats = {
	readonly readAt: number;
	readonly cpuNanoseconds: number;
	/** CPU time of all CPUs of the machine together; `cpuNanoseconds` is a share of it. */
	readonly systemCpuNanoseconds: number;
	readonly cpus: number;
	readonly memoryBytes: number;
	readonly memoryLimitBytes: number;
	/** Resident memory of the machine's process on the host. */
	readonly hostMemoryBytes?: number;
	readonly pids: number;
	readonly networks: Readonly<Record<string, {
		readonly receivedBytes: number;
		readonly receivedPackets: number;
		readonly sentBytes: number;
		readonly sentPackets: number;
	}>>;
	readonly blockReadBytes: number;
	readonly blockWrittenBytes: number;
};

/** A change of a path in a container's root file system against its image. */
export type FileChange = {
	readonly kind: 'added' | 'changed' | 'deleted';
	/** Absolute. Bytes that are no UTF-8 are U+FFFD. */
	readonly path: string;
};

export type EngineEvent = {
	readonly time: number;
	readonly type: 'container' | 'network' | 'image' | 'volume' | 'daemon';
	/** Docker's word: `create`, `start`, `die`, `destroy`, `connect`, `pull`, … */
	readonly action: string;
	/** Id, or name for volumes. */
	readonly id: string;
	readonly attributes: Readonly<Record<string, string>>;
};

/** One step of a long operation. */
export type Progress = {
	/** Text of a build, with its line feeds. */
	readonly text?: string;
	/** The current activity, such as `Downloading`. */
	readonly status?: string;
	/** The subject of the status, such as a layer. */
	readonly id?: string;
	readonly current?: number;
	readonly total?: number;
	/** The result of a build, on its last step. */
	readonly imageId?: string;
};

/** Docker's filters: each key may be given several times. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** The result of a prune. */
export type Pruned = {readonly removed: readonly string[]; readonly freedBytes: number};
