import {messageOf} from '../../engine/errors.js';
import {startingHealth, uncheckedHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {shouldRestart} from '../../rules/containers/restart-policy.js';
import {liveOf, type Context} from './context.js';
import {beginHealth} from './health.js';
import {refreshHosts} from './hosts.js';
import {findById, readItems, type Item} from './listing.js';
import {keepNames} from './polling/names.js';
import {adoptRun} from './runs/adopt.js';
import {removeItem} from './runs/remove.js';
import {restartLater} from './runs/restart.js';
import {startItem} from './runs/start.js';

/** Whether the policy of a container that has ended starts it again. */
const isToRestart = ({container: {configuration, status, restartCount}, stored}: Item): boolean => status.state === 'exited' && shouldRestart(
	configuration.restartPolicy,
	{exitCode: status.exitCode, isStopped: stored.state.isStopped === true, restartCount},
);

/** Does what is due after the end of a container that this process has not started. */
const settle = async (context: Context, {id, name}: Item): Promise<void> => {
	try {
		const item = await findById(context, id);
		if (item?.container.status.state !== 'exited') {
			return;
		}

		if (isToRestart(item)) {
			restartLater(context, item, async (...given) => context.inTurn(async () => startItem(...given)));
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
	if (!run) {
		return;
	}

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

/**
Takes up the containers that earlier processes have made: watches those that run, and then does what their restart policies and `autoRemove` ask for, also of those that have ended since.

Resolves when all running ones are watched; what ended is started in the background, one after another. What fails of one container is logged, and the others go on.
*/
export const resume = async (context: Context): Promise<void> => {
	const items = (await readItems(context)).filter(({notes}) => notes !== undefined);
	for (const item of items.filter(({container}) => container.status.state === 'running')) {
		try {
			await keep(context, item);
		} catch (error) {
			context.log(`${item.name}: ${messageOf(error)}`);
		}
	}

	await refreshHosts(context, items);
	for (const item of items.filter(({container}) => container.status.state === 'exited')) {
		void settle(context, item);
	}
};
