import {performance} from 'node:perf_hooks';
import type {Context} from '../context.js';
import {observeItems, readItemsWithin, type Item} from '../listing.js';
import {nextLook, type Looker, type Past} from './plan.js';
import {whileServed} from './service.js';

/** Looks at the containers for all who look, with one timer. */
export type Poller = {
	/** Looks until the returned function is called. */
	readonly join: (looker: Looker) => () => void;
	/** What the last looks have found. */
	readonly past: () => Past;
};

/** Which containers there are, what they do, and where: what others change. */
const signatureOf = (items: readonly Item[]): string => JSON.stringify(items.map(({id, apple: {state, startedDate, addresses}}) => [
	id, state, startedDate, addresses.map(({address}) => address),
]));

const createPoller = (context: Context): Poller => {
	const {lists: {containers}, service} = context;
	const lookers = new Set<Looker>();
	let timer: NodeJS.Timeout | undefined;
	let signature: string | undefined;
	let quietSince = performance.now();
	let lookedAt = -Infinity;
	let isLooking = false;
	const past = (): Past => ({
		quietMs: performance.now() - quietSince, tookMs: containers.tookMs(), isDown: service.down !== undefined,
	});
	const schedule = () => {
		clearTimeout(timer);
		const next = nextLook('containers', [...lookers], past());
		if (next === undefined || isLooking) {
			return;
		}

		timer = setTimeout(() => {
			void look(next.afterMs);
		}, Math.max(lookedAt + next.afterMs - performance.now(), 0));
		// What only keeps names does not keep the process alive.
		if ([...lookers].every(({who}) => who === 'names')) {
			timer.unref();
		}
	};

	const look = async (maxAgeMs: number) => {
		isLooking = true;
		try {
			await whileServed(context, async () => readItemsWithin(context, maxAgeMs / 2));
		} catch {
			// The next look may find more.
		} finally {
			isLooking = false;
			lookedAt = performance.now();
			schedule();
		}
	};

	observeItems(context, ({items}) => {
		const now = signatureOf(items);
		if (now !== signature) {
			signature = now;
			quietSince = performance.now();
		}

		lookedAt = performance.now();
		schedule();
	});
	return {
		join(looker) {
			if (![...lookers].some(({who}) => who !== 'names')) {
				quietSince = performance.now();
			}

			if (looker.who === 'names') {
				lookedAt = Math.max(lookedAt, performance.now());
			}

			lookers.add(looker);
			schedule();
			return () => {
				lookers.delete(looker);
				schedule();
			};
		},
		past,
	};
};

const pollers = new WeakMap<Context, Poller>();

/** The poller of an engine. */
export const pollerOf = (context: Context): Poller => {
	const poller = pollers.get(context) ?? createPoller(context);
	pollers.set(context, poller);
	return poller;
};
