import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import {longestDelayMs} from '../machines/patience.js';
import type {Context} from './context.js';

async function * select(events: AsyncIterable<EngineEvent>, isWanted: (event: EngineEvent) => boolean): AsyncGenerator<EngineEvent, void> {
	for await (const event of events) {
		if (isWanted(event)) {
			yield event;
		}
	}
}

export const eventsVerbs = (context: Context): EventsVerbs => ({
	/** Refuses filters at the call, before an answer has begun. */
	events({since, until, filters = {}, signal} = {}) {
		const matches = filterOf(filters, eventRules);
		const isLimited = until !== undefined && until <= Date.now();
		const reading = context.events.read({
			since: since ?? (isLimited ? 0 : undefined),
			live: !isLimited,
			signal,
			expiry: until === undefined || isLimited ? undefined : AbortSignal.timeout(Math.min(until - Date.now(), longestDelayMs)),
		});
		return select(reading, event => event.time >= (since ?? 0) && event.time <= (until ?? Infinity) && matches(event));
	},
});
