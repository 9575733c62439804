import type {TerminalSize} from './sessions.js';

/** Docker's default size of `/dev/shm`. */
export const defaultShmBytes = 64 * 1024 ** 2;

/** Paths that Docker masks in a container that is not privileged. */
export const defaultMaskedPaths: readonly string[] = ['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/sched_debug', '/proc/scsi', '/proc/timer_list', '/proc/timer_stats', '/sys/devices/virtual/powercap', '/sys/firmware'];

/** Paths that Docker makes read-only in a container that is not privileged. */
export const defaultReadonlyPaths: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The log of a container. */
export type Logging = {
	/** `json-file` and `local` are the same here; `none` keeps no log. */
	readonly driver: 'json-file' | 'local' | 'none';
	/** `max-size`, such as `10m`, and `max-file`; strings as in Docker. */
	readonly options: Readonly<Record<string, string>>;
};

/** Settings of a container beyond the common ones, as in Docker; undefined ones have Docker's default. */
export type ContainerSettings = {
	/** The binds and volumes among `mounts` that the client gave as `SOURCE:TARGET[:OPTIONS]`, in its words. */
	readonly binds?: readonly string[];
	/** Bytes of `/dev/shm`. */
	readonly shmSize?: number;
	/** Parameters of the VM's kernel by their dotted names, such as `net.core.somaxconn`. */
	readonly sysctls?: Readonly<Record<string, string>>;
	/** Further groups of its processes, by name or number. */
	readonly groups?: readonly string[];
	/** `no-new-privileges`, `seccomp=unconfined`, or `seccomp=` with a profile as JSON. */
	readonly securityOptions?: readonly string[];
	/** Limit of processes and threads. */
	readonly pidsLimit?: number;
	/** From -1000 to 1000; the out-of-memory killer prefers higher ones. */
	readonly oomScoreAdjustment?: number;
	readonly domainName?: string;
	/** Options of resolv.conf(5). */
	readonly dnsOptions?: readonly string[];
	/** Such as `80/tcp`, beside those that are published. */
	readonly exposedPorts?: readonly string[];
	readonly logging?: Logging;
	/** CPUs of the VM, such as `0-2,4`. */
	readonly cpusetCpus?: string;
	readonly cpusetMemories?: string;
	/** From 2 to 262144; default 1024. */
	readonly cpuShares?: number;
	/** Microseconds of CPU time per period; an older form of `cpus`. */
	readonly cpuQuota?: number;
	/** Microseconds; default 100000. */
	readonly cpuPeriod?: number;
	/** Bytes that the kernel does not reclaim from the container. */
	readonly memoryReservation?: number;
	/** Bytes of memory and swap together; -1 for no limit. A VM has no swap. */
	readonly memorySwap?: number;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly runtime?: string;
	/** `default` is the only one; others are for Windows. */
	readonly isolation?: string;
	/** `CONTAINER[:ro|rw]`, whose mounts this one gets, too. */
	readonly volumesFrom?: readonly string[];
	/** `CONTAINER[:ALIAS]`, whose addresses stand in this one's `/etc/hosts`. */
	readonly links?: readonly string[];
	/** `none` is without `/dev/shm`. */
	readonly ipcMode?: string;
	readonly pidMode?: string;
	readonly cgroupNamespaceMode?: string;
	/** Paths that appear empty; default Docker's, none if privileged. */
	readonly maskedPaths?: readonly string[];
	/** Default Docker's, none if privileged. */
	readonly readonlyPaths?: readonly string[];
	/** Of its terminal, until a client resizes it. */
	readonly consoleSize?: TerminalSize;
	/** The file that the client wrote the id to. */
	readonly idFile?: string;
	/** Streams that the creating client attaches to; default standard output and error, and standard input if it is open. */
	readonly attachedStreams?: readonly string[];
	/** Standard input stays open when a client's input ends; default false. */
	readonly keepStdin?: boolean;
};
