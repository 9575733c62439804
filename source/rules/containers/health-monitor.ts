import type {Health} from '../../engine/health.js';
import {messageOf} from '../../engine/errors.js';
import {healthAfter, nextCheckMs, timeoutOutput} from './health.js';
import type {HealthPlan} from './healthcheck.js';

/** A check whose process has been started. Resolves when it has ended, soon after its signal has aborted. */
export type RunningCheck = Promise<{readonly exitCode: number; readonly output: string}>;

export type HealthMonitorOptions = {
	readonly plan: HealthPlan;
	/** When the container was started. */
	readonly startedAt: number;
	readonly health: Health;
	/** Starts a check; it has to end soon after `signal` has aborted. Its error is a failed check. */
	readonly begin: (signal: AbortSignal) => Promise<{readonly ended: RunningCheck}>;
	/** Called with the health after each check. */
	readonly onHealth: (health: Health) => void;
	readonly now: () => number;
	/** Runs an action after a delay in milliseconds; the result cancels it. */
	readonly after: (milliseconds: number, action: () => void) => () => void;
};

export type HealthMonitor = {
	/** Ends the monitor at once, and a running check, whose result does not count. Resolves when that has ended. */
	readonly stop: () => Promise<void>;
};

/** Runs the checks of one run of a container, one at a time. */
export const monitorHealth = ({plan, startedAt, begin, onHealth, now, after, ...options}: HealthMonitorOptions): HealthMonitor => {
	let {health} = options;
	let cancelTimer: (() => void) | undefined;
	let checking: Promise<void> | undefined;
	const stopping = new AbortController();

	const run = async (): Promise<{readonly exitCode: number; readonly output: string}> => {
		const late = new AbortController();
		let cancel: (() => void) | undefined;
		try {
			const {ended} = await begin(AbortSignal.any([stopping.signal, late.signal]));
			// From here: a slow guest must not make a fast check fail.
			cancel = after(plan.timeoutMs, () => {
				late.abort();
			});
			const {exitCode, output} = await ended;
			return late.signal.aborted ? {exitCode: -1, output: timeoutOutput(plan.timeoutMs, output)} : {exitCode, output};
		} catch (error) {
			return {exitCode: -1, output: messageOf(error)};
		} finally {
			cancel?.();
		}
	};

	const check = async () => {
		const begunAt = now();
		const result = {...await run(), startedAt: begunAt, endedAt: now()};
		if (!stopping.signal.aborted) {
			health = healthAfter(health, result, plan, startedAt);
			schedule();
			onHealth(health);
		}
	};

	const schedule = () => {
		cancelTimer = after(nextCheckMs(plan, health, now() - startedAt), () => {
			checking = check();
		});
	};

	schedule();
	return {
		async stop() {
			cancelTimer?.();
			stopping.abort();
			await checking;
		},
	};
};
