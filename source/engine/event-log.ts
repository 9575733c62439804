import type {EngineEvent} from './resources.js';
import {createWake} from './wake.js';

/** Number of past events kept; a slower reader misses the oldest. */
const capacity = 4096;

/** Recent events of the engine, and a stream of new ones. */
export type EventLog = {
	readonly publish: (event: EngineEvent) => void;
	/**
	All kept events and then new ones, or with `fromNow` only new ones, until the signal aborts. The start is fixed by the call, not by the first read.

	Without `live` it ends after the last kept event.
	*/
	readonly read: (options: {
		readonly fromNow: boolean;
		readonly live: boolean;
		readonly signal?: AbortSignal;
	}) => AsyncGenerator<EngineEvent, void>;
};

export const createEventLog = (): EventLog => {
	const kept: EngineEvent[] = [];
	/** Number of events published before the first kept one. */
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
			// In batches: moving thousands of items for each event costs more than keeping twice as many.
			if (kept.length >= 2 * capacity) {
				kept.splice(0, kept.length - capacity);
				dropped += capacity;
			}

			wake.notify();
		},
		read: ({fromNow, live, signal}) => readFrom(fromNow ? dropped + kept.length : 0, live, signal),
	};
};
