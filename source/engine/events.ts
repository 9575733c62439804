import type {EngineEvent, Filters} from './resources.js';

/** What happens in the engine. */
export type EventsVerbs = {
	events: (options?: {readonly since?: number; readonly until?: number; readonly filters?: Filters; readonly signal?: AbortSignal}) => AsyncIterable<EngineEvent>;
};
