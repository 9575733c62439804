import {Buffer} from 'node:buffer';
import type {Health, HealthResult} from '../../engine/health.js';
import type {HealthPlan} from './healthcheck.js';

// The rules of Docker's daemon/health.go.

/** Checks that are remembered. */
const longestLog = 5;

/** Bytes of a check's output that are kept. */
export const longestOutput = 4096;

/** The health at a start. The log of the last run stays. */
export const startingHealth = (before?: Health): Health => ({status: 'starting', failingStreak: 0, log: before?.log ?? []});

/** The health once no checks run: the container is paused or has ended. */
export const uncheckedHealth = (health: Health): Health => ({...health, status: 'unhealthy'});

/** The health after a check. A failure in the start period counts only once a check has succeeded. */
export const healthAfter = (
	{status, failingStreak, log}: Health,
	result: HealthResult,
	{retries, startPeriodMs}: HealthPlan,
	startedAt: number,
): Health => {
	const logged = [...log, result].slice(-longestLog);
	if (result.exitCode === 0) {
		return {status: 'healthy', failingStreak: 0, log: logged};
	}

	if (status === 'starting' && result.startedAt - startedAt < startPeriodMs) {
		return {status, failingStreak, log: logged};
	}

	const streak = failingStreak + 1;
	return {status: streak >= retries ? 'unhealthy' : status, failingStreak: streak, log: logged};
};

/** Milliseconds until the next check of a container that has run for `elapsedMs`. */
export const nextCheckMs = ({intervalMs, startPeriodMs, startIntervalMs}: HealthPlan, {status}: Health, elapsedMs: number): number =>
	elapsedMs < startPeriodMs && status === 'starting' ? startIntervalMs : intervalMs;

/** The output of a check, of which at least the first 4097 bytes are given, as it is kept. */
export const keptOutput = (bytes: Uint8Array): string =>
	Buffer.from(bytes.subarray(0, longestOutput)).toString() + (bytes.length > longestOutput ? '...' : '');

/** A duration as Go prints it: `1h0m0s`, `1.5s`, `500ms`. */
const goDuration = (milliseconds: number): string => {
	if (milliseconds < 1000) {
		return `${milliseconds}ms`;
	}

	const seconds = milliseconds / 1000;
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	const rest = `${Number((seconds % 60).toFixed(9))}s`;
	return seconds < 60 ? rest : (hours > 0 ? `${hours}h${minutes}m${rest}` : `${minutes}m${rest}`);
};

/** What the log says of a check that took too long. */
export const timeoutOutput = (timeoutMs: number, output: string): string =>
	`Health check exceeded timeout (${goDuration(timeoutMs)})${output === '' ? '' : `: ${output}`}`;
