import {Buffer} from 'node:buffer';
import type {Health} from '../../engine/health.js';
import {
	healthAfter,
	keptOutput,
	longestOutput,
	startingHealth,
	uncheckedHealth,
} from '../../rules/containers/health.js';
import {monitorHealth, type RunningCheck} from '../../rules/containers/health-monitor.js';
import {healthPlanOf, type HealthPlan} from '../../rules/containers/healthcheck.js';
import {change, runOf} from './container-record.js';
import {startInContainer} from './program-host.js';
import {publishOf, type ContainerRecord, type State} from './state.js';

/** Starts a check as a process of the container. */
const beginCheck = (record: ContainerRecord, command: readonly string[], signal: AbortSignal): {readonly ended: RunningCheck} => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	const {process: {ended}} = startInContainer(record, {
		host: runOf(record).host,
		command,
		output: {
			async write(_stream, bytes) {
				if (size <= longestOutput) {
					size += bytes.length;
					chunks.push(bytes);
				}
			},
		},
		hasTerminal: false,
		interrupt: signal,
	});
	return {ended: ended.then(exitCode => ({exitCode, output: keptOutput(Buffer.concat(chunks))}))};
};

const take = (state: State, record: ContainerRecord, health: Health): void => {
	const before = record.container.health?.status;
	change(record, {health});
	if (health.status !== before) {
		publishOf(state, record, `health_status: ${health.status}`);
	}
};

/** The checks of a container whose program is simulated always succeed, at the times they are scheduled for. */
const simulate = (state: State, record: ContainerRecord, plan: HealthPlan): (() => void) => {
	let cancel: () => void;
	const schedule = () => {
		cancel = state.later(plan.intervalMs, () => {
			const now = state.now();
			take(state, record, healthAfter(record.container.health!, {
				startedAt: now, endedAt: now + 20, exitCode: 0, output: '',
			}, plan, now));
			schedule();
		});
	};

	schedule();
	return () => {
		cancel();
	};
};

/** Runs the health checks of a running container, if it has any. */
export const beginHealth = (state: State, record: ContainerRecord): void => {
	const {container: {healthcheck, status, health = startingHealth()}, container} = record;
	const plan = healthPlanOf(healthcheck);
	if (!plan || status.state !== 'running' || record.stopHealth) {
		return;
	}

	change(record, {health});
	if (state.speaksFor(container)) {
		record.stopHealth = simulate(state, record, plan);
		return;
	}

	const {stop} = monitorHealth({
		plan,
		health,
		startedAt: status.startedAt,
		begin: async signal => beginCheck(record, plan.command, signal),
		onHealth(next) {
			take(state, record, next);
		},
		now: state.now,
		after: state.later,
	});
	record.stopHealth = () => {
		void stop();
	};
};

/** Ends them, because the container is paused or has ended. */
export const endHealth = (record: ContainerRecord): void => {
	record.stopHealth?.();
	record.stopHealth = undefined;
	const {health} = record.container;
	if (health) {
		change(record, {health: uncheckedHealth(health)});
	}
};
