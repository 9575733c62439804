import type {EngineEvent, Filters} from './resources.js';

/** The event stream of the engine. */
export type EventsVerbs = {
	events: (options?: {readonly since?: number; readonly until?: number; readonly filters?: Filters; readonly signal?: AbortSignal}) => AsyncIterable<EngineEvent>;
};
