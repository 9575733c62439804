import type {EngineEvent, Filters} from './resources.js';

/** The event stream of the engine. */
export type EventsVerbs = {
	/** Without `since`, from now on; without `until`, until the signal aborts. Both are milliseconds since the epoch. */
	events: (options?: {
		readonly since?: number;
		readonly until?: number;
		readonly filters?: Filters;
		readonly signal?: AbortSignal;
	}) => AsyncIterable<EngineEvent>;
};
