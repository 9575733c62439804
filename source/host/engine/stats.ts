import type {ContainerStats} from '../../engine/resources.js';
import type {StatsVerbs} from '../../engine/stats.js';
import {endLimitMs, willEndWithin} from '../machines/patience.js';
import {isLive, machineOf, type Entry} from './context.js';
import {findContainer} from './find.js';
import {listProcesses, readStats} from './guest-stats.js';
import type {VerbContext} from './verb-context.js';

async function * readRepeatedly(entry: Entry, {stream = false, signal}: NonNullable<Parameters<StatsVerbs['stats']>[1]>): AsyncGenerator<ContainerStats, void> {
	const intervalMs = 1000;
	for (let next = Date.now(); !signal?.aborted; next += intervalMs) {
		const machine = machineOf(entry);
		try {
			yield await readStats(entry);
		} catch (error) {
			// A dying machine fails first, and is known to have ended a moment later.
			if (stream && (!isLive(entry) || (machine && await willEndWithin(machine.ended, endLimitMs)))) {
				return;
			}

			throw error;
		}

		if (!stream) {
			return;
		}

		const pause = AbortSignal.timeout(Math.max(next + intervalMs - Date.now(), 0));
		await entry.changed.wait(signal ? AbortSignal.any([pause, signal]) : pause);
		if (!isLive(entry)) {
			return;
		}
	}
}

export const statsVerbs = (context: VerbContext): StatsVerbs => ({
	stats: (reference, options = {}) => readRepeatedly(findContainer(context, reference), options),
	top: async (reference, psArguments) => listProcesses(findContainer(context, reference), psArguments),
});
