import {HolmError} from '../engine/errors.js';
import type {Healthcheck} from '../engine/health.js';
import {parseWhole} from './sizes.js';
import {parseDuration} from './times.js';

type HealthFlags = {
	readonly healthCmd: string | undefined;
	readonly healthInterval: string | undefined;
	readonly healthTimeout: string | undefined;
	readonly healthStartPeriod: string | undefined;
	readonly healthStartInterval: string | undefined;
	readonly healthRetries: string | undefined;
	readonly noHealthcheck: boolean;
};

/** The health check that the flags ask for; undefined without any of them. Throws `invalid`. */
export const parseHealthcheck = (flags: HealthFlags): Healthcheck | undefined => {
	const {healthCmd = '', healthInterval, healthTimeout, healthStartPeriod, healthStartInterval, healthRetries, noHealthcheck} = flags;
	const isAsked = healthCmd !== '' || [healthInterval, healthTimeout, healthStartPeriod, healthStartInterval, healthRetries].some(value => value !== undefined);
	if (noHealthcheck && isAsked) {
		throw new HolmError('invalid', '--no-healthcheck conflicts with --health-* options', {remedy: 'leave out one of them'});
	}

	if (!isAsked) {
		return noHealthcheck ? {test: ['NONE']} : undefined;
	}

	const duration = (flag: string, value: string | undefined) => value === undefined ? undefined : parseDuration(flag, value);
	return {
		test: healthCmd === '' ? [] : ['CMD-SHELL', healthCmd],
		intervalMs: duration('--health-interval', healthInterval),
		timeoutMs: duration('--health-timeout', healthTimeout),
		startPeriodMs: duration('--health-start-period', healthStartPeriod),
		startIntervalMs: duration('--health-start-interval', healthStartInterval),
		retries: healthRetries === undefined ? undefined : parseWhole('--health-retries', healthRetries),
	};
};
