import {messageOf} from '../../engine/errors.js';
import type {Health} from '../../engine/health.js';
import {startingHealth, uncheckedHealth} from '../../rules/containers/health.js';
import {monitorHealth, type HealthMonitor} from '../../rules/containers/health-monitor.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {longestDelayMs} from '../machines/patience.js';
import {
	publishContainer,
	saveContainer,
	type Context,
	type Entry,
} from './context.js';
import type {beginCheck} from './health-command.js';

/** The health checks of an engine's containers. */
export type HealthChecks = {
	/** Runs the checks of a running container, if it has any. */
	readonly begin: (entry: Entry) => void;
	/** Ends them, because the container is paused or has ended. */
	readonly end: (entry: Entry) => void;
	/** Ends all of them, because the engine detaches. The next one goes on with them. */
	readonly detach: () => Promise<void>;
};

const after = (milliseconds: number, action: () => void) => {
	const timer = setTimeout(action, Math.min(milliseconds, longestDelayMs));
	return () => {
		clearTimeout(timer);
	};
};

export const createHealthChecks = (context: Context, check: typeof beginCheck): HealthChecks => {
	const monitors = new Map<Entry, HealthMonitor>();
	/** Ends of the last checks of earlier monitors: checks of a container never overlap. */
	const endings = new WeakMap<Entry, Promise<void>>();

	const stop = async (entry: Entry, monitor: HealthMonitor) => {
		monitors.delete(entry);
		const ending = monitor.stop();
		endings.set(entry, ending);
		await ending;
	};

	/** Saves only what has changed, not each check: the log is as new as that, or as the engine's end. */
	const take = async (entry: Entry, health: Health) => {
		const before = entry.container.health?.status;
		entry.container = {...entry.container, health};
		if (before === health.status) {
			return;
		}

		publishContainer(context, entry, `health_status: ${health.status}`);
		try {
			await saveContainer(context, entry);
		} catch (error) {
			context.log(`${entry.container.name}: its health was not recorded: ${messageOf(error)}`);
		}
	};

	return {
		begin(entry) {
			const {status, healthcheck, health = startingHealth()} = entry.container;
			const plan = healthPlanOf(healthcheck);
			if (!plan || status.state !== 'running' || monitors.has(entry)) {
				return;
			}

			entry.container = {...entry.container, health};
			monitors.set(entry, monitorHealth({
				plan,
				health,
				startedAt: status.startedAt,
				async begin(signal) {
					await endings.get(entry);
					return check(context, entry, plan.command, signal);
				},
				onHealth(next) {
					void take(entry, next);
				},
				now: Date.now,
				after,
			}));
		},
		end(entry) {
			const monitor = monitors.get(entry);
			if (monitor) {
				void stop(entry, monitor);
			}

			const {health} = entry.container;
			if (health) {
				entry.container = {...entry.container, health: uncheckedHealth(health)};
			}
		},
		async detach() {
			await Promise.all(monitors.entries().map(async ([entry, monitor]) => stop(entry, monitor)));
		},
	};
};
