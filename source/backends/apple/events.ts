import type {HolmError} from '../../engine/errors.js';
import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import {publishOf, type Context} from './context.js';
import {observeItems, type Item} from './listing.js';
import {pollerOf} from './polling/poller.js';

/** What the state of a container means for its events. */
const wordOf = ({container: {status: {state}}}: Item): string => state === 'running' ? 'running' : (state === 'created' ? 'created' : 'stopped');

/** What has happened to a container between two looks at it; `before` is undefined for a new one. */
export const eventsBetween = (before: string | undefined, after: string): readonly string[] => {
	const appeared = before === undefined ? ['create'] : [];
	if (before === after) {
		return [];
	}

	if (after === 'running') {
		return [...appeared, 'start'];
	}

	return after === 'stopped' ? [...appeared, ...before === 'running' ? [] : ['start'], 'die'] : appeared;
};

/** Publishes what others have done since the look before. */
const tellNews = (context: Context, known: Map<string, Item>, items: readonly Item[], isFirst: boolean): void => {
	const {told} = context;
	for (const item of items) {
		const after = wordOf(item);
		const before = told.get(item.id);
		// The end of a run that this process watches is told by those who do.
		const isWatched = context.lives.get(item.id)?.run !== undefined;
		if (before !== after && !isWatched) {
			told.set(item.id, after);
			for (const action of isFirst ? [] : eventsBetween(before, after)) {
				publishOf(context, item, action, action === 'die' && item.stored.exit ? {exitCode: String(item.stored.exit.exitCode)} : {});
			}
		}

		known.set(item.id, item);
	}

	for (const [id, item] of known) {
		if (!items.some(other => other.id === id)) {
			known.delete(id);
			if (told.delete(id)) {
				publishOf(context, item, 'destroy');
			}
		}
	}
};

/** Tells what others do until the returned function is called. */
const watch = (context: Context): (() => void) => {
	const known = new Map<string, Item>();
	let isFirst = true;
	let last = 0;
	const stop = observeItems(context, ({items, number, isSettled}) => {
		if (isSettled && number > last) {
			last = number;
			tellNews(context, known, items, isFirst);
			isFirst = false;
		}
	});
	const leave = pollerOf(context).join({who: 'events'});
	return () => {
		leave();
		stop();
	};
};

/** A reader's way to hear that the connection to the host was lost. */
type Lost = {error?: HolmError; readonly listener: (error: HolmError) => void};

export const eventsVerbs = (context: Context): EventsVerbs => {
	let watchers = 0;
	let stop: (() => void) | undefined;

	async function * select(
		events: AsyncIterable<EngineEvent>,
		isWanted: (event: EngineEvent) => boolean,
		isLive: boolean,
		lost: Lost,
	): AsyncGenerator<EngineEvent, void> {
		context.onLost.add(lost.listener);
		watchers += Number(isLive);
		if (isLive && watchers === 1) {
			stop = watch(context);
		}

		try {
			for await (const event of events) {
				if (isWanted(event)) {
					yield event;
				}
			}

			if (lost.error) {
				throw lost.error;
			}
		} finally {
			context.onLost.delete(lost.listener);
			watchers -= Number(isLive);
			if (isLive && watchers === 0) {
				stop?.();
			}
		}
	}

	return {
		events({since, until, filters, signal} = {}) {
			const matches = filterOf(filters, eventRules);
			const isLive = until === undefined || until > Date.now();
			const ending = new AbortController();
			const lost: Lost = {listener(error) {
				lost.error = error;
				ending.abort();
			}};
			const events = context.events.read({
				since: since ?? (isLive ? undefined : 0),
				live: isLive,
				signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal,
				expiry: isLive && until !== undefined ? AbortSignal.timeout(until - Date.now()) : undefined,
			});
			const isInTime = ({time}: EngineEvent) => time >= (since ?? -Infinity) && time <= (until ?? Infinity);
			return select(events, event => isInTime(event) && matches(event), isLive, lost);
		},
	};
};
