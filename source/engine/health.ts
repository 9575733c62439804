/** A command that tells whether a container works, as an image or a user wants it. An undefined or zero setting comes from the image, then from Docker's defaults. */
export type Healthcheck = {
	/** `['CMD', program, …]`, `['CMD-SHELL', command]`, or `['NONE']` for no check; empty keeps the image's. */
	readonly test: readonly string[];
	/** From the end of a check to the next one; default 30 seconds. */
	readonly intervalMs?: number;
	/** A check that takes longer is killed and has failed; default 30 seconds. */
	readonly timeoutMs?: number;
	/** Failures in a row that make the container unhealthy; default 3. */
	readonly retries?: number;
	/** Time after the start in which failures do not count until a check has succeeded; default none. */
	readonly startPeriodMs?: number;
	/** The interval in the start period; default 5 seconds. */
	readonly startIntervalMs?: number;
};

/** One check that has ended. */
export type HealthResult = {
	readonly startedAt: number;
	readonly endedAt: number;
	/** Of the command; -1 if it took too long or could not be run. */
	readonly exitCode: number;
	/** Standard output and error, at most 4096 bytes and `...` for the rest. */
	readonly output: string;
};

/** What the checks of a container have found. */
export type Health = {
	/** As in Docker, a container whose checks do not run, as it is paused or has ended, is `unhealthy`. */
	readonly status: 'starting' | 'healthy' | 'unhealthy';
	/** Failures in a row. */
	readonly failingStreak: number;
	/** The last five checks, oldest first. */
	readonly log: readonly HealthResult[];
};

/** The health in the words of Docker's lists: `health: starting`, `healthy`, `unhealthy`. */
export const describeHealth = ({status}: Pick<Health, 'status'>): string => status === 'starting' ? 'health: starting' : status;
