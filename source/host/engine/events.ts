import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import type {Context} from './context.js';

export const eventsVerbs = (context: Context): EventsVerbs => ({
	async * events({since, until, filters = {}, signal} = {}): AsyncGenerator<EngineEvent, void> {
		const isWanted = filterOf(filters, eventRules);
		const isLimited = until !== undefined && until <= Date.now();
		const left = until === undefined ? undefined : AbortSignal.timeout(Math.min(Math.max(until - Date.now(), 0), 2 ** 31 - 1));
		const signals = [signal, left].filter(one => one !== undefined);
		const reading = context.events.read({
			fromNow: since === undefined,
			live: !isLimited,
			signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
		});
		for await (const event of reading) {
			if (event.time >= (since ?? 0) && event.time <= (until ?? Infinity) && isWanted(event)) {
				yield event;
			}
		}
	},
});
