import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import type {State} from './state.js';

type Selection = {
	readonly events: AsyncIterable<EngineEvent>;
	readonly isWanted: (event: EngineEvent) => boolean;
	readonly expiry: Disposable;
};

async function * select(state: State, {events, isWanted, expiry}: Selection): AsyncGenerator<EngineEvent, void> {
	using _ = state.watch();
	using _expiry = expiry;
	for await (const event of events) {
		if (isWanted(event)) {
			yield event;
		}
	}
}

export const eventsVerbs = (state: State): EventsVerbs => ({
	events({since, until, filters, signal} = {}) {
		const matches = filterOf(filters, eventRules);
		const isLive = until === undefined || until > state.now();
		const expiry = state.timers.deadline(isLive && until !== undefined ? until - state.now() : Infinity, signal);
		return select(state, {
			events: state.events.read({since: since ?? (isLive ? undefined : 0), live: isLive, signal: expiry.signal}),
			isWanted: event => event.time >= (since ?? -Infinity) && event.time <= (until ?? Infinity) && matches(event),
			expiry,
		});
	},
});
