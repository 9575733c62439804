import type {RestartPolicy} from '../../engine/resources.js';

/** How a container ended, as far as its restart depends on it. */
export type Ending = {
	readonly exitCode: number;
	/** Somebody asked for it. */
	readonly isStopped: boolean;
	/** Restarts so far since it was last started by somebody. */
	readonly restartCount: number;
};

/** Whether a container that has ended is started again. */
export const shouldRestart = ({name, maximumRetryCount}: RestartPolicy, {exitCode, isStopped, restartCount}: Ending): boolean => {
	if (isStopped) {
		return false;
	}

	switch (name) {
		case 'no': {
			return false;
		}

		case 'always':
		case 'unless-stopped': {
			return true;
		}

		case 'on-failure': {
			return exitCode !== 0 && (maximumRetryCount === 0 || restartCount < maximumRetryCount);
		}
	}
};

/**
Whether a container that had ended before the host booted is started by the first engine after that, as Docker's is when it starts: `always` then counts also for one that was stopped.
*/
export const shouldStartAtBoot = (policy: RestartPolicy, ending: Ending): boolean =>
	shouldRestart(policy, {...ending, isStopped: policy.name !== 'always' && ending.isStopped});

const shortest = 100;
const longest = 60_000;

/** A container that ran for this long is no longer in a series of failures, in milliseconds. */
export const settledAfter = 10_000;

/** Milliseconds before the restart after so many in a row: twice as long each time, from 100 ms up to a minute, as in Docker. */
export const restartDelay = (attempts: number): number => Math.min(shortest * 2 ** Math.min(attempts, 20), longest);
