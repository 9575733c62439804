import {asHolmError, messageOf} from '../../engine/errors.js';
import {startingHealth, uncheckedHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {shouldRestart} from '../../rules/containers/restart-policy.js';
import {unknownStatus} from './container-of.js';
import {liveOf, type Context, type Run} from './context.js';
import {beginHealth} from './health.js';
import {refreshHosts} from './hosts.js';
import {findById, observeItems, readItems, type Item} from './listing.js';
import {keepNames} from './polling/names.js';
import {adoptRun} from './runs/adopt.js';
import {removeItem} from './runs/remove.js';
import {restartLater, type Restart} from './runs/restart.js';
import {startItem} from './runs/start.js';

/** Whether the policy of a container that has ended starts it again. */
const isToRestart = ({container: {configuration, status, restartCount}, stored}: Item): boolean => status.state === 'exited' && shouldRestart(
	configuration.restartPolicy,
	// What is not known is no failure: Apple's own program may have stopped it.
	{exitCode: status.reason === unknownStatus ? 0 : status.exitCode, isStopped: stored.state.isStopped === true, restartCount},
);

/** Runs that are watched here, and were begun by other processes. */
const kept = new WeakSet<Run>();

const isToKeep = (context: Context, {id, notes, container}: Item): boolean => {
	const run = context.lives.get(id)?.run;
	return notes !== undefined && container.status.state === 'running' && (run === undefined || (run.isAdopted === true && !kept.has(run)));
};

/** Starts a container, unless the process that began its last run was faster: then that run is watched. */
const restart: Restart = async (context, item, options) => context.inTurn(async () => {
	try {
		await startItem(context, item, options);
	} catch (error) {
		const present = asHolmError(error).code === 'not-modified' ? await findById(context, item.id) : undefined;
		if (!present) {
			throw error;
		}

		await keep(context, present);
	}
});

/** Does what is due after the end of a container that this process has not started. */
const settle = async (context: Context, {id, name}: Item): Promise<void> => {
	try {
		const item = await findById(context, id);
		if (item?.container.status.state !== 'exited') {
			return;
		}

		if (isToRestart(item)) {
			restartLater(context, item, restart);
		} else if (item.container.configuration.autoRemove) {
			await context.inTurn(async () => removeItem(context, item, {volumes: true}));
		}
	} catch (error) {
		context.log(`${name}: ${messageOf(error)}`);
	}
};

/** Watches a container that runs, and checks its health. */
const keep = async (context: Context, item: Item): Promise<void> => {
	const live = liveOf(context, item.id);
	await adoptRun(context, item);
	const {run} = live;
	if (!run || !isToKeep(context, item)) {
		return;
	}

	kept.add(run);
	const plan = healthPlanOf(item.container.healthcheck);
	live.health = plan && startingHealth(live.health);
	live.stopHealth = plan && beginHealth(context, item, plan, run.startedAt);
	keepNames(context, item, run);
	const finish = async () => {
		await run.over;
		live.stopHealth?.();
		live.stopHealth = undefined;
		live.health &&= uncheckedHealth(live.health);
		await settle(context, item);
		await refreshHosts(context, await readItems(context)).catch(() => undefined);
	};

	finish().catch((error: unknown) => {
		context.log(`${item.name}: ${messageOf(error)}`);
	});
};

const keepAll = async (context: Context, items: readonly Item[]): Promise<void> => {
	for (const item of items.filter(one => isToKeep(context, one))) {
		try {
			await keep(context, item);
		} catch (error) {
			context.log(`${item.name}: ${messageOf(error)}`);
		}
	}
};

/**
Takes up the containers that other processes have made: watches those that run, and then does what their restart policies and `autoRemove` ask for, also of those that have ended since. Those that others start later are taken up when a list of containers shows them.

Resolves when all running ones are watched; what ended is started in the background, one after another. What fails of one container is logged, and the others go on.
*/
export const resume = async (context: Context): Promise<void> => {
	const items = await readItems(context);
	await keepAll(context, items);
	await refreshHosts(context, items);
	for (const item of items.filter(({notes, container}) => notes !== undefined && container.status.state === 'exited')) {
		void settle(context, item);
	}

	observeItems(context, look => {
		if (look.isSettled) {
			void keepAll(context, look.items);
		}
	});
};
