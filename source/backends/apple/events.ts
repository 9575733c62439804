import type {HolmError} from '../../engine/errors.js';
import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import {publishOf, type Context} from './context.js';
import {readItems, type Item} from './listing.js';

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

/** Looks for what others have done, and publishes it. */
const hasNews = async (context: Context, known: Map<string, Item>, isFirst: boolean): Promise<boolean> => {
	const {told, changes} = context;
	const {begun} = changes;
	const items = await readItems(context);
	if (begun !== changes.ended || begun !== changes.begun) {
		return true;
	}

	let hasChanged = false;
	for (const item of items) {
		const after = wordOf(item);
		const before = told.get(item.id);
		// The end of a run that this process watches is told by those who do.
		const isWatched = context.lives.get(item.id)?.run !== undefined;
		if (before !== after && !isWatched) {
			told.set(item.id, after);
			for (const action of isFirst ? [] : eventsBetween(before, after)) {
				hasChanged = true;
				publishOf(context, item, action, action === 'die' && item.stored.exit ? {exitCode: String(item.stored.exit.exitCode)} : {});
			}
		}

		known.set(item.id, item);
	}

	for (const [id, item] of known) {
		if (!items.some(other => other.id === id)) {
			known.delete(id);
			if (told.delete(id)) {
				hasChanged = true;
				publishOf(context, item, 'destroy');
			}
		}
	}

	return hasChanged;
};

const shortestMs = 1000;
const longestMs = 5000;

/** Looks once a second while there are changes, and less often without. */
const watch = async (context: Context, signal: AbortSignal): Promise<void> => {
	const known = new Map<string, Item>();
	let interval = shortestMs;
	for (let isFirst = true; !signal.aborted; isFirst = false) {
		try {
			interval = await hasNews(context, known, isFirst) ? shortestMs : Math.min(interval * 1.5, longestMs);
		} catch {
			// The service may not run for a while.
			interval = longestMs;
		}

		const pause = interval;
		await new Promise<void>(resolve => {
			const timer = setTimeout(resolve, pause);
			signal.addEventListener('abort', () => {
				clearTimeout(timer);
				resolve();
			}, {once: true});
		});
	}
};

/** A reader's way to hear that the connection to the host was lost. */
type Lost = {error?: HolmError; readonly listener: (error: HolmError) => void};

export const eventsVerbs = (context: Context): EventsVerbs => {
	let watchers = 0;
	let stopping = new AbortController();

	async function * select(
		events: AsyncIterable<EngineEvent>,
		isWanted: (event: EngineEvent) => boolean,
		isLive: boolean,
		lost: Lost,
	): AsyncGenerator<EngineEvent, void> {
		context.onLost.add(lost.listener);
		watchers += Number(isLive);
		if (isLive && watchers === 1) {
			stopping = new AbortController();
			void watch(context, stopping.signal);
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
				stopping.abort();
			}
		}
	}

	return {
		events({since, until, filters, signal} = {}) {
			const matches = filterOf(filters, eventRules);
			const isLive = until === undefined || until > Date.now();
			const signals = [...signal ? [signal] : [], ...isLive && until !== undefined ? [AbortSignal.timeout(until - Date.now())] : []];
			const ending = new AbortController();
			const lost: Lost = {listener(error) {
				lost.error = error;
				ending.abort();
			}};
			const events = context.events.read({
				fromNow: since === undefined && isLive,
				live: isLive,
				signal: AbortSignal.any([...signals, ending.signal]),
			});
			const isInTime = ({time}: EngineEvent) => time >= (since ?? -Infinity) && time <= (until ?? Infinity);
			return select(events, event => isInTime(event) && matches(event), isLive, lost);
		},
	};
};
