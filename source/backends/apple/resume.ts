import {asHolmError} from '../../engine/errors.js';
import {startingHealth, uncheckedHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {restartDelay, shouldRestart} from '../../rules/containers/restart-policy.js';
import {liveOf, type Context} from './context.js';
import {beginHealth} from './health.js';
import {refreshHosts} from './hosts.js';
import {readItems, type Item} from './listing.js';
import {adoptRun, removeItem, startItem} from './runs.js';

export type Resuming = {
	/** Gets what fails of one container; the others go on. */
	readonly onFailure: (name: string, error: Error) => void;
};

const find = async (context: Context, id: string): Promise<Item | undefined> => {
	const items = await readItems(context);
	return items.find(item => item.id === id);
};

/** Whether the policy of a container that has ended starts it again. */
const isToRestart = ({container: {configuration, status, restartCount}, stored}: Item): boolean => status.state === 'exited' && shouldRestart(
	configuration.restartPolicy,
	{exitCode: status.exitCode, isStopped: stored.state.isStopped === true, restartCount},
);

/** Does what is due after the end of a container that this process has not started. */
const settle = async (context: Context, id: string): Promise<void> => {
	const item = await find(context, id);
	if (item?.container.status.state !== 'exited') {
		return;
	}

	if (isToRestart(item)) {
		await startItem(context, item, {restartCount: item.container.restartCount + 1});
	} else if (item.container.configuration.autoRemove) {
		await removeItem(context, item, {volumes: true});
	}
};

const settleInTurn = async (context: Context, item: Item, {onFailure}: Resuming): Promise<void> => {
	try {
		await context.inTurn(async () => settle(context, item.id));
	} catch (error) {
		onFailure(item.name, asHolmError(error));
	}
};

/** Watches a container that runs, and checks its health. */
const keep = async (context: Context, item: Item, resuming: Resuming): Promise<void> => {
	const live = liveOf(context, item.id);
	await adoptRun(context, item);
	const {run} = live;
	if (!run) {
		return;
	}

	const plan = healthPlanOf(item.container.healthcheck);
	live.health = plan && startingHealth(live.health);
	live.stopHealth = plan && beginHealth(context, item, plan, run.startedAt);
	const follow = async () => {
		await run.over;
		live.stopHealth?.();
		live.stopHealth = undefined;
		live.health &&= uncheckedHealth(live.health);
		await new Promise<void>(resolve => {
			setTimeout(resolve, restartDelay(0));
		});
		await settleInTurn(context, item, resuming);
		await refreshHosts(context, await readItems(context)).catch(() => undefined);
	};

	follow().catch((error: unknown) => {
		resuming.onFailure(item.name, asHolmError(error));
	});
};

/**
Takes up the containers that earlier processes have made: watches those that run, and then does what their restart policies and `autoRemove` ask for, also of those that have ended since.

Resolves when all running ones are watched; what ended is started one after another in the background.
*/
export const resume = async (context: Context, resuming: Resuming): Promise<void> => {
	const items = (await readItems(context)).filter(({notes}) => notes !== undefined);
	const running = items.filter(({container}) => container.status.state === 'running');
	for (const item of running) {
		try {
			await keep(context, item, resuming);
		} catch (error) {
			resuming.onFailure(item.name, asHolmError(error));
		}
	}

	await refreshHosts(context, items);
	for (const item of items.filter(({container}) => container.status.state === 'exited')) {
		void settleInTurn(context, item, resuming);
	}
};
