import type {Health, Healthcheck} from '../../engine/health.js';
import {encodeTime} from '../times.js';

const nanoseconds = (milliseconds: number | undefined) => milliseconds === undefined ? undefined : Math.round(milliseconds * 1e6);

/** A health check as Docker's API has it, with durations in nanoseconds. */
export const encodeHealthcheck = ({test, intervalMs, timeoutMs, retries, startPeriodMs, startIntervalMs}: Healthcheck) => ({
	...test.length > 0 && {Test: [...test]},
	Interval: nanoseconds(intervalMs),
	Timeout: nanoseconds(timeoutMs),
	Retries: retries,
	StartPeriod: nanoseconds(startPeriodMs),
	StartInterval: nanoseconds(startIntervalMs),
});

/** The `Health` of a container's state. */
export const encodeHealth = ({status, failingStreak, log}: Health) => ({
	Status: status,
	FailingStreak: failingStreak,
	Log: log.map(({startedAt, endedAt, exitCode, output}) => ({
		Start: encodeTime(startedAt), End: encodeTime(endedAt), ExitCode: exitCode, Output: output,
	})),
});
