import {asHolmError, HolmError} from '../../../engine/errors.js';
import {startingHealth} from '../../../rules/containers/health.js';
import {healthPlanOf} from '../../../rules/containers/healthcheck.js';
import {changing, liveOf, loseRun, publishOf, type Context, type Run} from '../context.js';
import {beginHealth} from '../health.js';
import {prepareHosts, refreshHosts} from '../hosts.js';
import {findById, readItems, type Item} from '../listing.js';
import {writeRecord, type Exit, type StoredState} from '../records.js';
import {keepNames} from '../polling/names.js';
import {assertVolumesFree} from '../volumes.js';
import {delayAfter, pause} from './attempts.js';
import {endRun} from './end.js';
import {throwFailure} from './failed-start.js';
import {launchKeeper, type Keeper} from './launch.js';
import {publishUse} from './publish-use.js';
import {watchOutput} from './watch-output.js';

/** Waits until the container runs, or its keeper has ended. */
const waitForStart = async (context: Context, {id, name}: Item, keeper: Keeper): Promise<Item> => {
	for (let attempt = 0; ; attempt++) {
		const wasOver = keeper.hasEnded();
		const present = await findById(context, id);
		if (!present) {
			throw new HolmError('not-found', `No such container: ${name}`, {remedy: 'it was removed while it started'});
		}

		if (wasOver || present.apple.state === 'running') {
			return present;
		}

		await Promise.race([keeper.ended, pause(delayAfter(attempt))]);
	}
};

/** The end of Apple's program if it has not started the container. */
const failedExit = (before: Item, {stored, apple}: Item): Exit | undefined =>
	apple.startedDate === before.apple.startedDate || apple.startedDate === undefined ? stored.exit : undefined;

/** Does what follows the end of a run, once its keeper has ended. */
const finishRun = async (context: Context, item: Item, run: Run, {keeper, onOver}: {
	readonly keeper: Keeper;
	readonly onOver: () => void;
}): Promise<void> => {
	try {
		await keeper.ended;
	} catch (error) {
		// The connection to the keeper was lost, not the run.
		loseRun(liveOf(context, item.id), asHolmError(error));
		return;
	}

	try {
		await changing(context, async () => endRun(context, item, run, startItem));
	} catch {
		const live = liveOf(context, item.id);
		live.run = undefined;
		live.changed.notify();
	}

	onOver();
};

const start = async (context: Context, item: Item, restartCount: number): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	const items = await readItems(context);
	if (items.find(({id}) => id === item.id)?.container.status.state === 'running') {
		// By another process. A second keeper would take the first one's status for its own.
		throw new HolmError('not-modified', `container ${item.name} is already running`);
	}

	assertVolumesFree(item, items);
	await prepareHosts(context, item, items);
	const startedAt = Date.now();
	const {startedDate: _seen, failure: _failure, ...state} = item.stored.state;
	const next: StoredState = {...state, startedAt, restartCount, isStopped: false};
	const keeper = await launchKeeper(context, item, next);
	using _released = {
		[Symbol.dispose]() {
			keeper.release();
		},
	};
	live.isStopped = false;
	const present = await waitForStart(context, item, keeper);
	const exit = failedExit(item, present);
	if (exit) {
		await throwFailure(context, item, keeper.from, exit.exitCode);
	}

	await writeRecord(program, item.id, {...next, startedDate: present.apple.startedDate ?? 0});
	const plan = healthPlanOf(item.container.healthcheck);
	live.health = plan && startingHealth(live.health);
	const {promise: over, resolve: onOver} = Promise.withResolvers<void>();
	const run: Run = {startedAt, from: keeper.from, over, settle: onOver, isKilled: false};
	live.run = run;
	live.lost = undefined;
	await watchOutput(context, item, run, true);
	const started = await readItems(context);
	const current = started.find(other => other.id === item.id) ?? present;
	await refreshHosts(context, started);
	context.told.set(item.id, 'running');
	publishUse(context, current, 'connect');
	publishOf(context, current, 'start');
	live.changed.notify();
	live.stopHealth = plan && beginHealth(context, current, plan, startedAt);
	keepNames(context, current, run);
	void finishRun(context, current, run, {keeper, onOver});
};

/** Starts a container that does not run, and watches its run. */
export const startItem = async (context: Context, item: Item, {restartCount = 0}: {readonly restartCount?: number} = {}): Promise<void> =>
	changing(context, async () => start(context, item, restartCount));
