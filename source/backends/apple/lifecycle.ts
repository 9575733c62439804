import {HolmError} from '../../engine/errors.js';
import type {LifecycleVerbs} from '../../engine/lifecycle.js';
import {shouldRestart} from '../../rules/containers/restart-policy.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {updatedConfiguration} from '../../rules/containers/update-container.js';
import {
	assertWatched,
	held,
	liveOf,
	publishOf,
	type Context,
	type Live,
} from './context.js';
import {findImageItem, readImages} from './image-listing.js';
import {readItem, readItems, updateState, type Item} from './listing.js';
import {unlimited} from './program.js';
import {remake} from './remake.js';
import {adoptRun} from './runs/adopt.js';
import {startItem} from './runs/start.js';

type StopOptions = {readonly signal?: string; readonly timeoutSeconds?: number};

const defaultTimeoutSeconds = 10;

const isRunning = ({container: {status}}: Item) => status.state === 'running';

const unsupportedPause = (name: string) => new HolmError(
	'unsupported',
	`container ${name} cannot be paused: Apple's container has no pause`,
	{remedy: `holm kill --signal STOP ${name} holds its first process, --signal CONT lets it go on`},
);

/** Waits for the end of a run that this process watches. */
const waitForEnd = async (context: Context, live: Live): Promise<void> => {
	const {run} = live;
	await held(async () => {
		if (run?.isAdopted) {
			await readItems(context);
		}

		await run?.over;
	});
	assertWatched(live);
};

const stopSignalOf = async (context: Context, {container: {configuration, imageId}}: Item): Promise<string> => {
	if (configuration.stopSignal) {
		return configuration.stopSignal;
	}

	try {
		return findImageItem(await readImages(context), imageId).image.configuration.stopSignal || 'SIGTERM';
	} catch {
		return 'SIGTERM';
	}
};

const stopItem = async (context: Context, item: Item, {signal, timeoutSeconds}: StopOptions): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	const {configuration} = item.container;
	const word = signal ?? await stopSignalOf(context, item);
	const number = signalNumber(word);
	const seconds = timeoutSeconds ?? configuration.stopTimeoutSeconds ?? defaultTimeoutSeconds;
	live.isStopped = true;
	live.cancelRestart?.();
	if (!isRunning(item)) {
		return;
	}

	await updateState(context, item, {isStopped: true});
	await adoptRun(context, item);
	publishOf(context, item, 'kill', {signal: String(number)});
	await program.run(['stop', '-t', String(seconds < 0 ? 2 ** 31 - 1 : seconds), '-s', String(number), item.apple.id], unlimited);
	await waitForEnd(context, live);
};

/** Starts a container, as a user wants it. */
const start = async (context: Context, item: Item): Promise<void> => {
	const live = liveOf(context, item.id);
	live.cancelRestart?.();
	live.attempts = 0;
	await startItem(context, item);
};

export const lifecycleVerbs = (context: Context): LifecycleVerbs => ({
	async startContainer(reference) {
		await context.inTurn(async () => {
			const item = await readItem(context, reference);
			if (isRunning(item) || item.container.status.state === 'restarting') {
				throw new HolmError('not-modified', `container ${item.name} is already running`);
			}

			await start(context, item);
		});
	},
	async stopContainer(reference, options = {}) {
		const item = await readItem(context, reference);
		const {status: {state}} = item.container;
		if (state === 'created' || state === 'exited') {
			throw new HolmError('not-modified', `container ${item.name} is already stopped`);
		}

		await stopItem(context, item, options);
		publishOf(context, item, 'stop');
	},
	async restartContainer(reference, options = {}) {
		if (options.signal !== undefined) {
			signalNumber(options.signal);
		}

		const item = await readItem(context, reference);
		await stopItem(context, item, options);
		await context.inTurn(async () => {
			await start(context, await readItem(context, item.id));
		});
		publishOf(context, item, 'restart');
	},
	async killContainer(reference, signal = 'SIGKILL') {
		const number = signalNumber(signal);
		const item = await readItem(context, reference);
		if (!isRunning(item)) {
			throw new HolmError(
				'conflict',
				`cannot kill container: ${reference}: container ${item.id} is not running`,
				{remedy: 'it has ended already'},
			);
		}

		const live = liveOf(context, item.id);
		if (number === 9 || number === signalNumber(await stopSignalOf(context, item))) {
			live.isStopped = true;
			await updateState(context, item, {isStopped: true});
		}

		publishOf(context, item, 'kill', {signal: String(number)});
		const program = await context.program();
		await program.run(['kill', '-s', String(number), item.apple.id]);
		if (number === 9) {
			await adoptRun(context, item);
			if (live.run) {
				live.run.isKilled = true;
			}

			await waitForEnd(context, live);
		}
	},
	async pauseContainer(reference) {
		throw unsupportedPause((await readItem(context, reference)).name);
	},
	async unpauseContainer(reference) {
		throw unsupportedPause((await readItem(context, reference)).name);
	},
	async updateContainer(reference, update) {
		return context.inTurn(async () => {
			const item = await readItem(context, reference);
			const {configuration, warnings} = updatedConfiguration(item.container, update);
			const {restartPolicy, ...limits} = update;
			const changed = Object.entries(limits).filter(([, value]) => value !== undefined);
			if (changed.length > 0 && item.container.status.state !== 'created') {
				throw new HolmError('unsupported', `the ${changed.map(([key]) => key).join(' and ')} of container ${item.name} cannot be changed after its first start on Apple's container`, {remedy: 'make it anew'});
			}

			if (changed.length > 0) {
				await remake(context, item, {configuration});
			}

			const live = liveOf(context, item.id);
			if (restartPolicy) {
				await updateState(context, item, {restartPolicy: configuration.restartPolicy});
				const {status, restartCount} = item.container;
				if (status.state === 'restarting' && !shouldRestart(
					configuration.restartPolicy,
					{exitCode: status.exitCode, isStopped: false, restartCount},
				)) {
					live.cancelRestart?.();
				}
			}

			publishOf(context, item, 'update');
			live.changed.notify();
			return {warnings};
		});
	},
	async waitContainer(reference, given, signal) {
		const condition = given ?? 'not-running';
		const item = await readItem(context, reference);
		const live = liveOf(context, item.id);
		const {exits} = live;
		await adoptRun(context, item);
		const isOver = () => live.isRemoved
			|| (condition === 'next-exit' && live.exits > exits)
			|| (condition === 'not-running' && !live.run && !live.cancelRestart);
		if (isOver() && live.exits === 0) {
			const {status} = item.container;
			return status.state === 'exited' ? {
				exitCode: status.reason === undefined ? status.exitCode : 255,
				reason: status.reason,
			} : {exitCode: 0};
		}

		await held(async () => {
			while (!isOver() && !signal?.aborted) {
				await live.changed.wait(signal);
			}
		});
		assertWatched(live);

		if (!isOver()) {
			throw new HolmError('unavailable', `waiting for container ${item.name} was cancelled`, {cause: signal?.reason});
		}

		return live.lastExit;
	},
});
