import type {EngineEvent} from './resources.js';
import {createWake} from './wake.js';

/** As many past events are kept; a reader that is further behind misses the oldest. */
const capacity = 4096;

/** The last events of the engine, and those to come. */
export type EventLog = {
	readonly publish: (event: EngineEvent) => void;
	/**
	Everything kept and then what comes, or with `fromNow` only that, until the signal aborts. What is asked for is settled when this is called, not when the first is read.

	Without `live` it ends where nothing more is kept.
	*/
	readonly read: (options: {
		readonly fromNow: boolean;
		readonly live: boolean;
		readonly signal?: AbortSignal;
	}) => AsyncGenerator<EngineEvent, void>;
};

export const createEventLog = (): EventLog => {
	const kept: EngineEvent[] = [];
	/** How many were published before the first one kept. */
	let dropped = 0;
	const wake = createWake();

	async function * readFrom(start: number, isLive: boolean, signal: AbortSignal | undefined): AsyncGenerator<EngineEvent, void> {
		for (let position = start; !signal?.aborted;) {
			position = Math.max(position, dropped);
			const event = kept[position - dropped];
			if (event) {
				position++;
				yield event;
			} else if (isLive) {
				await wake.wait(signal);
			} else {
				return;
			}
		}
	}

	return {
		publish(event) {
			kept.push(event);
			// Not one by one: moving thousands of items for each event costs more than keeping twice as many.
			if (kept.length >= 2 * capacity) {
				kept.splice(0, kept.length - capacity);
				dropped += capacity;
			}

			wake.notify();
		},
		read: ({fromNow, live, signal}) => readFrom(fromNow ? dropped + kept.length : 0, live, signal),
	};
};
