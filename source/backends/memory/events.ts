import type {Engine} from '../../engine.js';
import type {EngineEvent} from '../../resources.js';
import {
	filterOf,
	hasLabel,
	type FilterRules,
	type Matcher,
} from '../../rules/filters.js';
import type {State} from './state.js';

/** Whether an event is about something of a type, given by id, the beginning of one, or name. */
const isAbout = (type: EngineEvent['type']): Matcher<EngineEvent> => value => {
	const isId = /^[\da-f]{12,64}$/v.test(value);
	return ({type: given, id, attributes: {name}}) =>
		given === type && (id === value || name === value || (isId && id.startsWith(value)) || (type === 'image' && name?.startsWith(`${value}:`) === true));
};

/** The action without what some say after a colon, such as the command of an exec. */
const action: Matcher<EngineEvent> = value => event => event.action === value || event.action.startsWith(`${value}:`);

const rules: FilterRules<EngineEvent> = {
	type: value => ({type}) => type === value,
	event: action,
	action,
	container(value) {
		const isOfContainer = isAbout('container')(value);
		return event => isOfContainer(event) || (event.type === 'network' && value.length >= 12 && event.attributes['container']?.startsWith(value) === true);
	},
	image(value) {
		const isOfImage = isAbout('image')(value);
		return event => isOfImage(event) || (event.type === 'container' && event.attributes['image'] === value);
	},
	network: isAbout('network'),
	volume: isAbout('volume'),
	daemon: isAbout('daemon'),
	label: {every: value => ({attributes}) => hasLabel(attributes, value)},
	scope: value => () => value === 'local',
};

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
		const matches = filterOf(filters, rules);
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
