import type {Engine, Filters} from '../../engine.js';
import type {EngineEvent} from '../../resources.js';
import {filterOf, hasLabel} from '../../rules/filters.js';
import type {State} from './state.js';

/** Whether an event is about something of a type, given by id, the beginning of one, or name. */
const isAbout = (type: EngineEvent['type']) => (event: EngineEvent, value: string): boolean =>
	event.type === type
	&& (event.id === value || event.attributes['name'] === value || (/^[\da-f]{12,64}$/v.test(value) && event.id.startsWith(value)) || (type === 'image' && event.attributes['name']?.startsWith(`${value}:`) === true));

const eventFilter = (filters: Filters | undefined) => filterOf<EngineEvent>(filters, {
	type: ({type}, value) => type === value,
	event: ({action}, value) => action === value || action.startsWith(`${value}:`),
	action: ({action}, value) => action === value || action.startsWith(`${value}:`),
	container: (event, value) => isAbout('container')(event, value) || (event.type === 'network' && event.attributes['container']?.startsWith(value) === true && value.length >= 12),
	image: (event, value) => isAbout('image')(event, value) || (event.type === 'container' && event.attributes['image'] === value),
	network: isAbout('network'),
	volume: isAbout('volume'),
	daemon: isAbout('daemon'),
	label: {every: ({attributes}, value) => hasLabel(attributes, value)},
	scope: (_event, value) => value === 'local',
});

async function * select(state: State, events: AsyncIterable<EngineEvent>, isWanted: (event: EngineEvent) => boolean, release: () => void): AsyncGenerator<EngineEvent, void> {
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

export const eventVerbs = (state: State): Pick<Engine, 'events'> => ({
	events({since, until, filters, signal} = {}) {
		state.settle();
		const matches = eventFilter(filters);
		const isWanted = (event: EngineEvent) => (since === undefined || event.time >= since) && (until === undefined || event.time <= until) && matches(event);
		const left = until === undefined ? Infinity : until - state.now();
		const live = left > 0;
		const expiry = new AbortController();
		const reading = state.events.read({
			fromNow: since === undefined && live,
			live,
			signal: AbortSignal.any([expiry.signal, ...signal ? [signal] : []]),
		});
		return {
			[Symbol.asyncIterator]() {
				const release = live ? state.watch() : () => undefined;
				const cancel = Number.isFinite(left) && live
					? state.timers.after(until! - state.now(), () => {
						expiry.abort();
					})
					: () => undefined;
				return select(state, reading, isWanted, () => {
					cancel();
					release();
				});
			},
		};
	},
});
