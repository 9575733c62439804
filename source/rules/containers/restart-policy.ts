import type {RestartPolicy} from '../../engine/resources.js';

/** The end of a container, as far as its restart depends on it. */
export type Ending = {
	readonly exitCode: number;
	/** A user stopped it. */
	readonly isStopped: boolean;
	/** Automatic restarts since a user last started it. */
	readonly restartCount: number;
};

/** Whether a container is restarted after its end. */
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
Whether the first engine after a boot of the host starts a container that had ended before, as Docker does at its start: `always` then applies to stopped containers, too.
*/
export const shouldStartAtBoot = (policy: RestartPolicy, ending: Ending): boolean =>
	shouldRestart(policy, {...ending, isStopped: policy.name !== 'always' && ending.isStopped});

const shortest = 100;
const longest = 60_000;

/** Milliseconds of uptime after which a container's restarts count from zero again. */
export const settledAfter = 10_000;

/** Milliseconds before the next restart: doubled with each one in a row, from 100 ms up to a minute, as in Docker. */
export const restartDelay = (attempts: number): number => Math.min(shortest * 2 ** Math.min(attempts, 20), longest);
