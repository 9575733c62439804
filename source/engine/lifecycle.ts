import type {ContainerConfiguration} from './resources.js';

/** What of a container can be changed; what is undefined stays. */
export type ContainerUpdate = Partial<Pick<ContainerConfiguration, 'restartPolicy' | 'cpus' | 'memory'>>;

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Start, stop and what else changes the state of a container. */
export type LifecycleVerbs = {
	startContainer: (reference: string) => Promise<void>;
	/** Resolves when it has ended; `not-modified` when it does not run. */
	stopContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	restartContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	/** Default SIGKILL. */
	killContainer: (reference: string, signal?: string) => Promise<void>;
	pauseContainer: (reference: string) => Promise<void>;
	unpauseContainer: (reference: string) => Promise<void>;
	/** Resolves with the exit status; default condition `not-running`. */
	waitContainer: (reference: string, condition?: WaitCondition, signal?: AbortSignal) => Promise<{
		readonly exitCode: number;
		readonly reason?: string;
	}>;
	/** A restart policy counts at once, CPUs and memory from the next start on: refused with `conflict` while it runs, unless its machine has just those. */
	updateContainer: (reference: string, update: ContainerUpdate) => Promise<{readonly warnings: readonly string[]}>;
};
