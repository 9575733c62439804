import type {Health, Healthcheck, HealthResult} from '../../engine/health.js';
import type {Fields} from '../fields.js';
import {decodeTime} from '../times.js';

const nanosecondsPerMs = 1e6;

/** A `Healthcheck` of Docker's API; undefined for one without any setting. */
export const decodeHealthcheck = (fields: Fields): Healthcheck | undefined => {
	const test = fields.texts('Test');
	const milliseconds = (key: string) => fields.number(key) === 0 ? undefined : fields.number(key) / nanosecondsPerMs;
	const healthcheck = {
		test,
		intervalMs: milliseconds('Interval'),
		timeoutMs: milliseconds('Timeout'),
		retries: fields.number('Retries') || undefined,
		startPeriodMs: milliseconds('StartPeriod'),
		startIntervalMs: milliseconds('StartInterval'),
	};
	const {test: _, ...settings} = healthcheck;
	return test.length > 0 || Object.values(settings).some(setting => setting !== undefined) ? healthcheck : undefined;
};

const statuses = ['starting', 'healthy', 'unhealthy'] as const;

const statusOf = (text: string) => statuses.find(status => status === text);

const decodeResult = (fields: Fields): HealthResult => ({
	startedAt: decodeTime(fields.text('Start')),
	endedAt: decodeTime(fields.text('End')),
	exitCode: fields.number('ExitCode'),
	output: fields.text('Output'),
});

/** The health in a container's `State`; undefined if it has none, which Podman writes as an empty status. */
export const decodeHealth = (state: Fields): Health | undefined => {
	// Older versions of Podman have another name for it.
	const fields = state.has('Health') ? state.object('Health') : state.object('Healthcheck');
	const status = statusOf(fields.text('Status'));
	return status && {status, failingStreak: fields.number('FailingStreak'), log: fields.objects('Log').map(result => decodeResult(result))};
};

/** The health in the status column of `docker ps`, which has no more. */
export const parseHealth = (words: string): Health | undefined => {
	const status = statusOf(/^Up .*\((?:health: )?(?<status>[a-z]+)\)$/v.exec(words)?.groups?.status ?? '');
	return status && {status, failingStreak: 0, log: []};
};
