import {setImmediate as settled} from 'node:timers/promises';
import test from 'ava';
import type {Health, Healthcheck} from '../../../source/engine/health.js';
import {keptOutput, startingHealth, timeoutOutput} from '../../../source/rules/containers/health.js';
import {monitorHealth} from '../../../source/rules/containers/health-monitor.js';
import {healthPlanOf, mergeHealthcheck, validateHealthcheck} from '../../../source/rules/containers/healthcheck.js';

type Begun = {readonly signal: AbortSignal; readonly at: number; readonly end: (exitCode: number, output?: string) => void};

/** A monitor on a clock that only `pass` moves, whose checks end when the test says so. */
const open = (given: Partial<Healthcheck> = {}, health: Health = startingHealth()) => {
	let time = 0;
	const timers = new Set<{readonly at: number; readonly action: () => void}>();
	const checks: Begun[] = [];
	const seen: Health[] = [];
	let refusal: Error | undefined;
	const monitor = monitorHealth({
		plan: healthPlanOf({test: ['CMD', 'check'], ...given})!,
		startedAt: 0,
		health,
		async begin(signal) {
			if (refusal) {
				throw refusal;
			}

			const {promise: ended, resolve} = Promise.withResolvers<{exitCode: number; output: string}>();
			const end = (exitCode: number, output = '') => {
				resolve({exitCode, output});
			};

			checks.push({signal, at: time, end});
			signal.addEventListener('abort', () => {
				end(137, 'partial');
			});
			return {ended};
		},
		onHealth(next) {
			seen.push(next);
		},
		now: () => time,
		after(milliseconds, action) {
			const timer = {at: time + milliseconds, action};
			timers.add(timer);
			return () => {
				timers.delete(timer);
			};
		},
	});

	/** Lets time pass, timer by timer. */
	const pass = async (milliseconds: number) => {
		const end = time + milliseconds;
		for (;;) {
			await settled();
			const next = [...timers].filter(({at}) => at <= end).toSorted((a, b) => a.at - b.at)[0];
			if (!next) {
				time = end;
				return;
			}

			timers.delete(next);
			time = next.at;
			next.action();
		}
	};

	/** Lets the time to the next check pass, and ends it. */
	const check = async (exitCode: number, output?: string) => {
		const {length} = checks;
		while (checks.length === length) {
			await pass(100);
		}

		checks.at(-1)!.end(exitCode, output);
		await settled();
		return seen.at(-1)!;
	};

	return {
		monitor, checks, seen, timers, pass, check,
		refuse(error: Error) {
			refusal = error;
		},
	};
};

test('starting, healthy at the first success, unhealthy after as many failures in a row as wanted', async t => {
	const {check} = open({intervalMs: 1000, retries: 2});
	t.like(await check(1), {status: 'starting', failingStreak: 1});
	t.like(await check(0), {status: 'healthy', failingStreak: 0});
	t.like(await check(1), {status: 'healthy', failingStreak: 1});
	t.like(await check(1), {status: 'unhealthy', failingStreak: 2});
	t.like(await check(7), {status: 'unhealthy', failingStreak: 3});
	t.like(await check(0), {status: 'healthy', failingStreak: 0});
});

test('a container that never succeeds is unhealthy after three failures, 30 seconds apart', async t => {
	const {check, checks} = open();
	for (const streak of [1, 2]) {
		t.like(await check(1), {status: 'starting', failingStreak: streak});
	}

	t.like(await check(1), {status: 'unhealthy', failingStreak: 3});
	t.deepEqual(checks.map(({at}) => at), [30_000, 60_000, 90_000]);
});

test('in the start period failures do not count, until a check has succeeded', async t => {
	const patient = open({intervalMs: 2000, startPeriodMs: 10_000, startIntervalMs: 1000, retries: 1});
	t.like(await patient.check(1), {status: 'starting', failingStreak: 0});
	t.like(await patient.check(1), {status: 'starting', failingStreak: 0});
	t.like(await patient.check(0), {status: 'healthy'});
	t.like(await patient.check(1), {status: 'unhealthy', failingStreak: 1});
	t.deepEqual(patient.checks.map(({at}) => at), [1000, 2000, 3000, 5000]);
	const late = open({intervalMs: 1000, startPeriodMs: 2500, startIntervalMs: 1500, retries: 1});
	t.like(await late.check(1), {status: 'starting'});
	t.like(await late.check(1), {status: 'unhealthy'});
	t.deepEqual(late.checks.map(({at}) => at), [1500, 3000]);
});

test('the log has the last five checks with their times', async t => {
	const {check} = open({intervalMs: 1000});
	for (const exitCode of [0, 1, 2, 3, 4]) {
		await check(exitCode);
	}

	const {log} = await check(5, 'refused\n');
	t.deepEqual(log.map(({exitCode}) => exitCode), [1, 2, 3, 4, 5]);
	t.deepEqual(log.at(-1), {startedAt: 6000, endedAt: 6000, exitCode: 5, output: 'refused\n'});
});

test('a check that takes too long is ended and has failed; the interval begins then', async t => {
	const {checks, seen, pass} = open({intervalMs: 1000, timeoutMs: 1500});
	await pass(2499);
	t.false(checks[0]!.signal.aborted);
	await pass(1);
	t.true(checks[0]!.signal.aborted);
	await pass(0);
	t.deepEqual(seen.at(-1)!.log, [{startedAt: 1000, endedAt: 2500, exitCode: -1, output: 'Health check exceeded timeout (1.5s): partial'}]);
	await pass(999);
	t.is(checks.length, 1);
	await pass(1);
	t.is(checks.length, 2);
});

test('a check that cannot be begun has failed with the reason', async t => {
	const {seen, pass, refuse} = open({intervalMs: 1000, retries: 1});
	refuse(new Error('the guest does not answer'));
	await pass(1500);
	t.like(seen.at(-1), {status: 'unhealthy'});
	t.like(seen.at(-1)!.log[0], {exitCode: -1, output: 'the guest does not answer'});
});

test('once stopped, a monitor has no timer, ends its check, and says nothing more', async t => {
	const resting = open();
	await resting.monitor.stop();
	t.is(resting.timers.size, 0);
	const busy = open({intervalMs: 1000});
	await busy.pass(1000);
	await busy.monitor.stop();
	t.true(busy.checks[0]!.signal.aborted);
	t.is(busy.timers.size, 0);
	t.deepEqual(busy.seen, []);
});

test('a wanted check is merged with the image\'s setting by setting', t => {
	const image: Healthcheck = {test: ['CMD-SHELL', 'curl localhost'], intervalMs: 1000, retries: 5};
	t.is(mergeHealthcheck(undefined, image), image);
	t.is(mergeHealthcheck(undefined, undefined), undefined);
	t.like(mergeHealthcheck({test: [], timeoutMs: 500, intervalMs: 0}, image), {
		test: image.test, intervalMs: 1000, retries: 5, timeoutMs: 500,
	});
	t.deepEqual(healthPlanOf(mergeHealthcheck({test: ['CMD', 'true'], retries: 1}, image)), {
		command: ['true'], intervalMs: 1000, timeoutMs: 30_000, retries: 1, startPeriodMs: 0, startIntervalMs: 5000,
	});
	t.is(healthPlanOf(mergeHealthcheck({test: ['NONE']}, image)), undefined);
	t.is(healthPlanOf({test: [], intervalMs: 1000}), undefined);
	t.is(mergeHealthcheck(undefined, {test: ['LATER', 'true']}), undefined);
	t.deepEqual(healthPlanOf(image)!.command, ['/bin/sh', '-c', 'curl localhost']);
});

test('checks that cannot be run are refused', t => {
	for (const [given, message] of [
		[{test: ['CMD', 'x'], intervalMs: 0.5}, /^Interval in Healthcheck cannot be less than 1ms/v],
		[{test: ['CMD', 'x'], intervalMs: 1e16}, /^Interval in Healthcheck cannot be more than 292 years/v],
		[{test: ['CMD', 'x'], startPeriodMs: -1}, /^StartPeriod in Healthcheck/v],
		[{test: ['CMD', 'x'], timeoutMs: NaN}, /^Timeout in Healthcheck/v],
		[{test: ['CMD', 'x'], retries: -1}, /^Retries in Healthcheck/v],
		[{test: ['curl', 'x']}, /^invalid health check "curl x"/v],
		[{test: ['CMD']}, /^invalid health check/v],
		[{test: ['NONE', 'x']}, /^invalid health check/v],
		[{test: ['CMD', 'a\0b']}, /zero byte/v],
	] as const) {
		t.throws(() => {
			validateHealthcheck(given);
		}, {message, code: 'invalid'});
	}

	for (const given of [{test: []}, {test: ['NONE']}, {test: ['CMD-SHELL', 'x', 'y'], intervalMs: 1}]) {
		t.notThrows(() => {
			validateHealthcheck(given);
		});
	}
});

test('output is cut at 4096 bytes', t => {
	t.is(keptOutput(Buffer.from('x'.repeat(4096))), 'x'.repeat(4096));
	t.is(keptOutput(Buffer.from('x'.repeat(4097))), `${'x'.repeat(4096)}...`);
});

test('durations are written as Go writes them', t => {
	for (const [milliseconds, text] of [[500, '500ms'], [30_000, '30s'], [1500, '1.5s'], [90_000, '1m30s'], [3_600_000, '1h0m0s']] as const) {
		t.is(timeoutOutput(milliseconds, ''), `Health check exceeded timeout (${text})`);
	}
});
