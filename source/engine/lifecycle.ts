import type {ContainerConfiguration} from './resources.js';

/** Settings of a container that can be changed; undefined ones stay. */
export type ContainerUpdate = Partial<Pick<ContainerConfiguration, 'restartPolicy' | 'cpus' | 'memory'>>;

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Verbs that change the state of a container. */
export type LifecycleVerbs = {
	startContainer: (reference: string) => Promise<void>;
	/** Resolves when the container has ended; throws `not-modified` if it does not run. */
	stopContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	restartContainer: (reference: string, options?: {readonly signal?: string; readonly timeoutSeconds?: number}) => Promise<void>;
	/** Default signal: SIGKILL. */
	killContainer: (reference: string, signal?: string) => Promise<void>;
	pauseContainer: (reference: string) => Promise<void>;
	unpauseContainer: (reference: string) => Promise<void>;
	/** Resolves with the exit status; default condition `not-running`. */
	waitContainer: (reference: string, condition?: WaitCondition, signal?: AbortSignal) => Promise<{
		readonly exitCode: number;
		readonly reason?: string;
	}>;
	/** A restart policy applies at once, CPUs and memory from the next start: throws `conflict` while the container runs on a VM of another size. */
	updateContainer: (reference: string, update: ContainerUpdate) => Promise<{readonly warnings: readonly string[]}>;
};
