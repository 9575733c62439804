import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import type {State} from './state.js';

type Selection = {
	readonly events: AsyncIterable<EngineEvent>;
	readonly isWanted: (event: EngineEvent) => boolean;
	readonly release: () => void;
};

async function * select({events, isWanted, release}: Selection): AsyncGenerator<EngineEvent, void> {
	try {
		for await (const event of events) {
			if (isWanted(event)) {
				yield event;
			}
		}
	} finally {
		release();
	}
}

export const eventsVerbs = (state: State): EventsVerbs => ({
	events({since, until, filters, signal} = {}) {
		const matches = filterOf(filters, eventRules);
		const isWanted = (event: EngineEvent) => event.time >= (since ?? -Infinity) && event.time <= (until ?? Infinity) && matches(event);
		const left = until === undefined ? Infinity : until - state.now();
		const isLive = left > 0;
		const expiry = new AbortController();
		const reading = state.events.read({
			fromNow: since === undefined && isLive,
			live: isLive,
			signal: AbortSignal.any([expiry.signal, ...signal ? [signal] : []]),
		});
		return {
			[Symbol.asyncIterator]() {
				const release = isLive ? state.watch() : () => undefined;
				const cancel = Number.isFinite(left) && isLive
					? state.timers.after(until! - state.now(), () => {
						expiry.abort();
					})
					: () => undefined;
				return select({
					events: reading,
					isWanted,
					release() {
						cancel();
						release();
					},
				});
			},
		};
	},
});
