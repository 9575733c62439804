import {writeFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {messageOf} from '../../engine/errors.js';
import {shouldStartAtBoot} from '../../rules/containers/restart-policy.js';
import {bootId} from '../machines/process.js';
import {readIfThere} from '../store/records.js';
import type {Supervisor} from './supervisor.js';
import {isLive, type Entry, type Context} from './context.js';

/** Time limit for stopping containers at shutdown; what still runs then ends with the host. */
const shutdownLimitMs = 90_000;

const isWantedAtBoot = ({container: {status, restartCount, configuration}, isStoppedByUser}: Entry): boolean =>
	status.state === 'exited' && shouldStartAtBoot(configuration.restartPolicy, {exitCode: status.exitCode, isStopped: isStoppedByUser, restartCount});

/**
Once for each boot of the host, starts the stopped containers whose restart policy says so. Containers that ran until the boot are restarted as VMs that ended while no engine ran.

Does not wait for the starts; failures are logged.
*/
export const startAfterBoot = async (context: Context, supervisor: Supervisor): Promise<void> => {
	const [now, before] = await Promise.all([bootId(), readIfThere(context.paths.boot)]);
	if (before?.trim() === now) {
		return;
	}

	// Earlier versions of Holm did not store the boot id.
	const entries = before === undefined ? [] : context.containers.values().filter(entry => isWantedAtBoot(entry)).toArray();
	for (const entry of entries) {
		void entry.queue(async () => {
			// It may have been started or removed while this was queued.
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

/** Stops all running containers because the host or the engine shuts down, each with its own stop signal and timeout. The next engine starts them as their restart policies say. */
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
