import type {ContainerConfiguration} from './resources.js';

type Changeable = 'restartPolicy' | 'cpus' | 'cpuQuota' | 'cpuPeriod' | 'cpuShares' | 'cpusetCpus' | 'cpusetMemories' | 'memory' | 'memoryReservation' | 'memorySwap' | 'pidsLimit';

/** Settings of a container that can be changed; undefined ones stay. */
export type ContainerUpdate = Partial<Pick<ContainerConfiguration, Changeable>>;

/** Who asks, for `Exit`. */
export type Requester = {
	/** What the client calls itself. */
	readonly by?: string;
};

type StopRequest = Requester & {readonly signal?: string; readonly timeoutSeconds?: number};

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Verbs that change the state of a container. */
export type LifecycleVerbs = {
	startContainer: (reference: string) => Promise<void>;
	/** Resolves when the container has ended; throws `not-modified` if it does not run. */
	stopContainer: (reference: string, options?: StopRequest) => Promise<void>;
	restartContainer: (reference: string, options?: StopRequest) => Promise<void>;
	/** Default signal: SIGKILL. */
	killContainer: (reference: string, signal?: string, requester?: Requester) => Promise<void>;
	pauseContainer: (reference: string) => Promise<void>;
	unpauseContainer: (reference: string) => Promise<void>;
	/** Resolves with the exit status; default condition `not-running`. */
	waitContainer: (reference: string, condition?: WaitCondition, signal?: AbortSignal) => Promise<{
		readonly exitCode: number;
		readonly reason?: string;
	}>;
	/** Applies at once. Throws `conflict` while the container runs on a VM that is too small, or uses more memory than the new limit. */
	updateContainer: (reference: string, update: ContainerUpdate) => Promise<{readonly warnings: readonly string[]}>;
};
