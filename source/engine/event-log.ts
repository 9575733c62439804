import type {EngineEvent} from './resources.js';
import {createWake} from './wake.js';

/** Number of past events kept in memory; without a store, a slower reader misses the oldest. */
const capacity = 4096;

/** An event and its place among all events of an engine. */
export type NumberedEvent = {readonly number: number; readonly event: EngineEvent};

/** Events that outlive the engine's process. */
export type EventStore = {
	/** Number of the next event: one more than that of the last stored one. */
	readonly next: number;
	/** Stores an event soon. Never throws: what cannot be stored is counted and logged. */
	readonly append: (numbered: NumberedEvent) => void;
	/** The stored events with numbers from `from` up to, not including, `to`, that are not older than `since`, in the order of their numbers. */
	readonly read: (range: {readonly from: number; readonly to: number; readonly since: number}) => AsyncIterable<NumberedEvent>;
	/** Resolves when everything that was appended is stored, or cannot be. */
	readonly flush: () => Promise<void>;
};

/** Recent events of the engine, and a stream of new ones. */
export type EventLog = {
	readonly publish: (event: EngineEvent) => void;
	/**
	Kept events, about from `since` on, and then new ones; without `since` only new ones. Until the signal aborts. The start is fixed by the call, not by the first read.

	Without `live`, or once `expiry` has aborted, it ends after the last kept event.
	*/
	readonly read: (options: {
		/** The beginning, in milliseconds since the epoch. Earlier events may come, too. */
		readonly since?: number;
		readonly live: boolean;
		readonly signal?: AbortSignal;
		readonly expiry?: AbortSignal;
	}) => AsyncGenerator<EngineEvent, void>;
};

/** Keeps recent events in memory, and all of them in the store, if there is one. */
export const createEventLog = (store?: EventStore): EventLog => {
	const kept: EngineEvent[] = [];
	/** Number of the first event in memory. */
	let first = store?.next ?? 0;
	const wake = createWake();

	async function * readStored(from: number, since: number, signal: AbortSignal | undefined): AsyncGenerator<NumberedEvent, void> {
		for await (const numbered of store?.read({from, to: first, since}) ?? []) {
			if (signal?.aborted) {
				return;
			}

			yield numbered;
		}
	}

	async function * readFrom(
		start: number,
		{since = 0, live, signal, expiry}: Parameters<EventLog['read']>[0],
	): AsyncGenerator<EngineEvent, void> {
		const signals = [signal, expiry].filter(one => one !== undefined);
		const end = signals.length > 0 ? AbortSignal.any(signals) : undefined;
		for (let position = start; !signal?.aborted;) {
			if (position < first) {
				const firstInMemory = first;
				for await (const {number, event} of readStored(position, since, signal)) {
					position = number + 1;
					yield event;
				}

				position = Math.max(position, firstInMemory);
				continue;
			}

			const event = kept[position - first];
			if (event) {
				position++;
				yield event;
			} else if (live && !expiry?.aborted) {
				await wake.wait(end);
			} else {
				return;
			}
		}
	}

	/** Whether everything from a time on is in memory. */
	const isInMemory = (since: number) => kept.length > 0 && kept[0]!.time < since;

	return {
		publish(event) {
			store?.append({number: first + kept.length, event});
			kept.push(event);
			// In batches: moving thousands of items for each event costs more than keeping twice as many.
			if (kept.length >= 2 * capacity) {
				kept.splice(0, kept.length - capacity);
				first += capacity;
			}

			wake.notify();
		},
		read(options) {
			const {since} = options;
			return readFrom(since === undefined ? first + kept.length : (isInMemory(since) ? first : 0), options);
		},
	};
};
