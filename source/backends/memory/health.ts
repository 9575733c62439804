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
import {change} from './container-record.js';
import {createOutputHub} from './output-hub.js';
import {createPipe} from './pipe.js';
import {startBeside} from './program-host.js';
import {publishOf, type ContainerRecord, type State} from './state.js';

const killSignal = 9;

/** Starts a check as a process of the container. */
const beginCheck = async (
	state: State,
	record: ContainerRecord,
	command: readonly string[],
	signal: AbortSignal,
): Promise<{readonly ended: RunningCheck}> => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	const output = createOutputHub(() => undefined);
	output.add({
		receive(_stream, bytes) {
			if (size <= longestOutput) {
				size += bytes.length;
				chunks.push(Uint8Array.from(bytes));
			}
		},
		waiting: () => 0,
		drained: async () => undefined,
		end: () => undefined,
	});
	const {process} = startBeside(state, record, {
		command, input: createPipe(), isInputOpen: false, output, hasTerminal: false,
	});
	const kill = () => {
		process.kill(killSignal);
	};

	signal.addEventListener('abort', kill, {once: true});
	if (signal.aborted) {
		kill();
	}

	const end = async () => {
		const exitCode = await process.ended;
		signal.removeEventListener('abort', kill);
		return {exitCode, output: keptOutput(Buffer.concat(chunks))};
	};

	return {ended: end()};
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
	if (state.simulation?.speaksFor(container)) {
		record.stopHealth = simulate(state, record, plan);
		return;
	}

	const {stop} = monitorHealth({
		plan,
		health,
		startedAt: status.startedAt,
		begin: async signal => beginCheck(state, record, plan.command, signal),
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
