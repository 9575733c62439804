import {writeFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {messageOf} from '../../engine/errors.js';
import {startsAtBoot} from '../../rules/containers/restart-policy.js';
import {bootId} from '../machines/process.js';
import {readIfThere} from '../store/records.js';
import type {Supervisor} from './supervisor.js';
import {isLive, type Entry, type Context} from './context.js';

/** The host's shutdown waits for containers to stop for this long; what still runs then is ended with the host. */
const shutdownLimitMs = 90_000;

const isWantedAtBoot = ({container: {status, restartCount, configuration}, isStoppedByUser}: Entry): boolean =>
	status.state === 'exited' && startsAtBoot(configuration.restartPolicy, {exitCode: status.exitCode, isStopped: isStoppedByUser, restartCount});

/**
Starts the containers that had ended before the host booted and whose policy wants them back, once for each boot; those that ran until then are started with what ended while no engine was.

Does not wait for the starts; the log tells of those that fail.
*/
export const startAfterBoot = async (context: Context, supervisor: Supervisor): Promise<void> => {
	const [now, before] = await Promise.all([bootId(), readIfThere(context.paths.boot)]);
	if (before?.trim() === now) {
		return;
	}

	// A directory of an earlier version of Holm does not tell when it was last used.
	const entries = before === undefined ? [] : context.containers.values().filter(entry => isWantedAtBoot(entry)).toArray();
	for (const entry of entries) {
		void entry.queue(async () => {
			// It may have been started or removed by then.
			if (!context.containers.has(entry.container.id) || !isWantedAtBoot(entry)) {
				return;
			}

			try {
				await supervisor.start(entry);
			} catch (error) {
				context.log(`${entry.container.name} could not be started after the boot: ${messageOf(error)}`);
			}
		});
	}

	await writeFile(context.paths.boot, `${now}\n`, {mode: 0o644});
};

/** Stops what runs because the host or the engine with all its containers goes down, each container with its own signal and within its own time. The next engine starts what its policy wants back. */
export const stopForShutdown = async (context: Context, supervisor: Supervisor): Promise<void> => {
	const live = context.containers.values().filter(entry => isLive(entry)).toArray();
	const stopping = Promise.all(live.map(async entry => {
		try {
			await supervisor.stop(entry, {isHostStopping: true});
		} catch (error) {
			context.log(`${entry.container.name} could not be stopped: ${messageOf(error)}`);
		}
	}));
	const limit = new AbortController();
	try {
		await Promise.race([stopping, delay(shutdownLimitMs, undefined, {signal: limit.signal})]);
	} finally {
		limit.abort();
	}

	const left = live.filter(entry => isLive(entry));
	if (left.length > 0) {
		context.log(`not stopped within ${shutdownLimitMs / 1000} seconds: ${left.map(({container}) => container.name).join(', ')}`);
	}
};
