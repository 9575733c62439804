import {setTimeout as sleep} from 'node:timers/promises';
import {uncheckedHealth} from '../../../rules/containers/health.js';
import {settledAfter, shouldRestart} from '../../../rules/containers/restart-policy.js';
import {liveOf, publishOf, type Context, type Run} from '../context.js';
import {refreshHosts} from '../hosts.js';
import {findById, readItems, type Item} from '../listing.js';
import {publishUse} from './publish-use.js';
import {removeItem} from './remove.js';
import {restartLater, type Restart} from './restart.js';

/** Milliseconds that those who are attached or follow the log have to take the rest of the output. */
const finishMs = 10_000;

/** Does what follows the end of a run. */
export const endRun = async (context: Context, before: Item, run: Run, start: Restart): Promise<void> => {
	const live = liveOf(context, before.id);
	await run.following?.finish();
	const item = await findById(context, before.id) ?? before;
	const exit = item.stored.exit ?? {exitCode: run.isKilled ? 137 : 255, finishedAt: Date.now()};
	live.stopHealth?.();
	live.stopHealth = undefined;
	live.health &&= uncheckedHealth(live.health);
	if (Date.now() - run.startedAt >= settledAfter) {
		live.attempts = 0;
	}

	const {restartPolicy, autoRemove} = item.container.configuration;
	const willRestart = shouldRestart(
		restartPolicy,
		{
			exitCode: exit.exitCode,
			// Another process may have stopped it.
			isStopped: live.isStopped || item.stored.state.isStopped === true,
			restartCount: item.container.restartCount,
		},
	);
	if (willRestart) {
		restartLater(context, item, start);
	}

	context.told.set(item.id, 'stopped');
	publishOf(context, item, 'die', {exitCode: String(exit.exitCode), execDuration: String(Math.floor((Date.now() - run.startedAt) / 1000))});
	publishUse(context, item, 'disconnect');
	// Those who wait for the removal get it, too.
	live.lastExit = {exitCode: exit.exitCode};
	live.exits++;
	if (autoRemove && !willRestart) {
		// Its output goes with it. One who takes nothing keeps it for a while only.
		await Promise.race([Promise.allSettled([...live.finishers].map(async finish => finish())), sleep(finishMs, undefined, {ref: false})]);
		await removeItem(context, item, {volumes: true}).catch(() => undefined);
	}

	live.run = undefined;
	live.changed.notify();
	await refreshHosts(context, await readItems(context)).catch(() => undefined);
};
