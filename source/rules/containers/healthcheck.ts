import type {Healthcheck} from '../../engine/health.js';
import {refuse, shown, validateArguments} from './validate-process.js';

/** A health check that can be run: its command and every setting. */
export type HealthPlan = Required<Omit<Healthcheck, 'test'>> & {
	/** Program and arguments. */
	readonly command: readonly string[];
};

const defaults = {intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0, startIntervalMs: 5000} as const;

const durations = [
	['intervalMs', 'Interval'], ['timeoutMs', 'Timeout'], ['startPeriodMs', 'StartPeriod'], ['startIntervalMs', 'StartInterval'],
] as const;

/** Nanoseconds of 63 bits, in which Docker's clients read durations. */
const longestMs = Math.floor((2 ** 63) / 1e6) - 1;

/** Whether a test is one that can be run, or `['NONE']`. */
const isKnown = ([kind, ...words]: readonly string[]): boolean =>
	kind === 'NONE' ? words.length === 0 : (kind === 'CMD' || kind === 'CMD-SHELL') && words.length > 0 && words[0] !== '';

/** Throws `invalid` for what Docker refuses, and for a test that no engine could run. */
export const validateHealthcheck = (healthcheck: Healthcheck): void => {
	const {test, retries = 0} = healthcheck;
	for (const [key, name] of durations) {
		const milliseconds = healthcheck[key] ?? 0;
		if (milliseconds > longestMs) {
			refuse(`${name} in Healthcheck cannot be more than 292 years`, 'give a shorter time, or 0 for the default');
		}

		if (milliseconds !== 0 && !(milliseconds >= 1)) {
			refuse(`${name} in Healthcheck cannot be less than 1ms`, 'give a longer time, or 0 for the default');
		}
	}

	if (!Number.isSafeInteger(retries) || retries < 0) {
		refuse(`Retries in Healthcheck cannot be negative or a fraction: ${retries}`, 'give a whole number, or 0 for the default');
	}

	if (test.length > 0 && !isKnown(test)) {
		refuse(`invalid health check ${shown(test.join(' '))}`, 'its first word is CMD or CMD-SHELL, before a command, or NONE alone');
	}

	validateArguments(test);
};

/** The health check of a container: each wanted setting, or else the image's. A test of the image that no engine can run is dropped. */
export const mergeHealthcheck = (wanted: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined => {
	const base = image && isKnown(image.test) ? image : undefined;
	if (!wanted || !base) {
		return wanted ?? base;
	}

	const pick = (key: keyof typeof defaults) => wanted[key] || base[key];
	return {
		test: wanted.test.length > 0 ? wanted.test : base.test,
		intervalMs: pick('intervalMs'),
		timeoutMs: pick('timeoutMs'),
		retries: pick('retries'),
		startPeriodMs: pick('startPeriodMs'),
		startIntervalMs: pick('startIntervalMs'),
	};
};

/** What a container's health check runs, with Docker's defaults; undefined if it has none. */
export const healthPlanOf = (healthcheck: Healthcheck | undefined): HealthPlan | undefined => {
	const [kind, ...words] = healthcheck?.test ?? [];
	if (!healthcheck || !isKnown(healthcheck.test) || kind === 'NONE') {
		return undefined;
	}

	return {
		command: kind === 'CMD' ? words : ['/bin/sh', '-c', ...words],
		intervalMs: healthcheck.intervalMs || defaults.intervalMs,
		timeoutMs: healthcheck.timeoutMs || defaults.timeoutMs,
		retries: healthcheck.retries || defaults.retries,
		startPeriodMs: healthcheck.startPeriodMs || defaults.startPeriodMs,
		startIntervalMs: healthcheck.startIntervalMs || defaults.startIntervalMs,
	};
};
