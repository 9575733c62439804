import type {BuildStep} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import type {EngineInfo} from '../../engine/system.js';
import type {Attention, Snapshot} from '../../engine/snapshot.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import type {ContainerStats, EngineEvent} from '../../engine/resources.js';
import {isBuilding} from '../builder/builder-row.js';
import {changesBetween} from './changes.js';
import type {EngineTarget} from './known-engines.js';
import {reuseEqual} from './structural-sharing.js';
import {nextUsage, type ResourceUsage} from './resource-usage.js';

export type Connection =
	| {
		readonly state: 'connecting';
		/** What a slow start is doing. */
		readonly step?: string;
	}
	| {readonly state: 'connected'}
	| {readonly state: 'lost'; readonly since: number; readonly reason: string; readonly remedy?: string};

/** Opens a new connection at each call; calls `report` with each slow step. */
export type Connect = (report: (step: string) => void) => Promise<Engine>;

export type StoreState = {
	/** The engine that is shown. */
	readonly target?: EngineTarget;
	readonly connection: Connection;
	/** The last snapshot; kept when the connection is lost. */
	readonly snapshot?: Snapshot;
	/** Milliseconds to an engine over SSH and back; the same until it is another. */
	readonly roundTripMs?: number;
	readonly info?: EngineInfo;
	/** By container id. */
	readonly usage: Readonly<Record<string, ResourceUsage>>;
	/** What builds run; undefined if that is not read. */
	readonly steps?: readonly BuildStep[];
	/** Newest last, at most `eventCount` of them. */
	readonly events: readonly EngineEvent[];
};

export type StoreOptions = {
	readonly connect: Connect;
	readonly target?: EngineTarget;
	/** Milliseconds between two snapshots. */
	readonly interval: number;
	/** Milliseconds since the epoch. */
	readonly now?: () => number;
	/** Milliseconds without an answer until the connection counts as lost; default 10,000. */
	readonly timeout?: number;
};

export type OtherEngine = {
	readonly connect: Connect;
	readonly target: EngineTarget;
	readonly signal?: AbortSignal;
	readonly report?: (step: string) => void;
};

export type Store = {
	readonly getState: () => StoreState;
	readonly subscribe: (listener: () => void) => () => void;
	/** The connected engine; throws `unavailable` while there is none. */
	readonly engine: () => Engine;
	/** Switches to another engine once it has answered; otherwise rejects and keeps the current one. */
	readonly switchTo: (other: OtherEngine) => Promise<void>;
	/** Reads statistics until the returned function is called. */
	readonly watchStats: () => () => void;
	/** Reads the steps of builds, while there are any, until the returned function is called. */
	readonly watchSteps: () => () => void;
	/** Which lists are open, so that an engine that asks another program for them asks less for the others. */
	readonly show: (kinds: Attention['shown']) => void;
	/** Notes that the user has done something. */
	readonly touch: () => void;
	/** Takes a snapshot soon, whatever the interval. */
	readonly refresh: () => void;
	/** Stops reading while the dashboard is not on the screen. */
	readonly pause: () => void;
	readonly resume: () => void;
	readonly close: () => void;
};

/** Number of events kept. */
export const eventCount = 5000;
/** Milliseconds of events before the dashboard was opened. */
const eventsReach = 3_600_000;
// Milliseconds; events often come in groups, such as create, connect and start.
const eventDelay = 60;
// Multiple of the timeout; a daemon may have to start first.
const connectPatience = 6;
// Milliseconds without a key after which the next one takes a snapshot at once.
const idleDelay = 60_000;
const firstRetryDelay = 500;
const longestRetryDelay = 5000;

/** Runs work with a timeout, which starts again whenever the work calls its argument. Rejects with `unavailable`. */
const withTimeout = async <Value>(start: (restartTimeout: () => void) => Promise<Value>, milliseconds: number): Promise<Value> => {
	const {promise: late, reject} = Promise.withResolvers<never>();
	const timer = setTimeout(() => {
		reject(new HolmError('unavailable', `the engine did not answer within ${Math.round(milliseconds / 1000)} s`, {remedy: 'holm system status says how it is'}));
	}, milliseconds);
	try {
		const work = start(() => {
			timer.refresh();
		});
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
};

/** Rejects with the signal's reason as soon as it aborts: connecting itself cannot be aborted. */
const unlessAborted = async <Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> => {
	const {promise: aborted, reject} = Promise.withResolvers<never>();
	const onAbort = () => {
		reject(signal!.reason as Error);
	};

	signal?.addEventListener('abort', onAbort, {once: true});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal?.removeEventListener('abort', onAbort);
	}
};

const resourcesOf = ({readAt: _readAt, stats: _stats, roundTripMs: _roundTripMs, ...resources}: Snapshot) => resources;

/** A round trip that is about the same stays the same. */
const steadied = (before: number | undefined, now: number | undefined): number | undefined =>
	before !== undefined && now !== undefined && Math.abs(now - before) < Math.max(before / 4, 2) ? before : now;

// Over SSH, reading takes a small part of the time.
const restFactor = 4;

/** The only reader of the engine: polls it, listens to its events, and reconnects. The state is the same object as long as nothing changed. */
export const createStore = (options: StoreOptions): Store => {
	const {interval, now = Date.now, timeout = 10_000} = options;
	let state: StoreState = {target: options.target, connection: {state: 'connecting'}, usage: {}, events: []};
	let {connect} = options;
	let engine: Engine | undefined;
	// Grows with each switch; late answers of the previous engine are dropped.
	let generation = 0;
	let watchers = 0;
	let stepWatchers = 0;
	let isReadingSteps = false;
	let timer: NodeJS.Timeout | undefined;
	let isReading = false;
	let isWanted = false;
	let isPaused = false;
	let isClosed = false;
	let retryDelay = firstRetryDelay;
	/** Milliseconds until the next snapshot. */
	let pace = interval;
	let listening: AbortController | undefined;
	/** The last events of the engine that have the same time. */
	let latest: readonly EngineEvent[] = [];
	let shown: Attention['shown'] = [];
	let touchedAt = now();
	let lastStats: Readonly<Record<string, ContainerStats>> = {};
	const listeners = new Set<() => void>();

	const set = (change: Partial<StoreState>) => {
		const next = {...state, ...change};
		if (Object.keys(change).every(key => Object.is(state[key as keyof StoreState], next[key as keyof StoreState]))) {
			return;
		}

		state = next;
		for (const listener of listeners) {
			listener();
		}
	};

	/** Changes between snapshots may come before older events of the engine. */
	const append = (events: readonly EngineEvent[]): readonly EngineEvent[] => {
		const [first] = events;
		if (!first) {
			return state.events;
		}

		const all = [...state.events, ...events];
		const isLate = (state.events.at(-1)?.time ?? 0) > first.time;
		return (isLate ? all.toSorted((a, b) => a.time - b.time) : all).slice(-eventCount);
	};

	const schedule = (delay: number) => {
		clearTimeout(timer);
		if (!isClosed && !isPaused) {
			timer = setTimeout(() => {
				void read();
			}, delay);
		}
	};

	const lose = (error: unknown) => {
		listening?.abort();
		listening = undefined;
		const {message, remedy, retryAfterMs} = asHolmError(error);
		if (retryAfterMs === undefined) {
			engine = undefined;
		}

		const since = state.connection.state === 'lost' ? state.connection.since : now();
		set({connection: reuseEqual<Connection>(state.connection, {state: 'lost', since, reason: message, remedy})});
	};

	/** Listens from an hour ago on, and after a reconnection from the last event on. */
	const listen = async (source: Engine) => {
		const controller = new AbortController();
		const {signal} = controller;
		listening = controller;
		let batch: EngineEvent[] = [];
		const take = () => {
			const events = batch;
			batch = [];
			if (!signal.aborted) {
				set({events: append(events)});
				refresh(eventDelay);
			}
		};

		try {
			const known = new Set(latest.map(event => JSON.stringify(event)));
			const since = latest[0]?.time ?? (state.snapshot?.readAt ?? now()) - eventsReach;
			for await (const event of source.events({since, signal})) {
				if (signal.aborted) {
					return;
				}

				if (known.size > 0 && known.delete(JSON.stringify(event))) {
					continue;
				}

				latest = event.time === latest[0]?.time ? [...latest, event] : [event];
				batch.push(event);
				// Thousands may come at once.
				if (batch.length === 1) {
					setImmediate(take);
				}
			}
		} catch {
			// The next snapshot finds out whether the connection is lost.
		} finally {
			if (listening === controller) {
				listening = undefined;
			}
		}
	};

	const attention = (): Attention => ({shown, idleMs: Math.max(now() - touchedAt, 0)});

	const usageOf = (stats: Snapshot['stats']): Readonly<Record<string, ResourceUsage>> => {
		const next: Record<string, ResourceUsage> = {};
		for (const [id, reading] of Object.entries(stats)) {
			const before = state.usage[id];
			const previous = lastStats[id];
			next[id] = nextUsage(reading, before && previous ? {stats: previous, usage: before} : undefined);
		}

		lastStats = stats;
		return reuseEqual(state.usage, next);
	};

	const take = (snapshot: Snapshot, {hasStats, hasRecords}: {readonly hasStats: boolean; readonly hasRecords: boolean}) => {
		const {readAt, stats, roundTripMs, ...rest} = snapshot;
		const before = state.snapshot;
		const resources = before && resourcesOf(before);
		const shared = reuseEqual<typeof rest>(resources ?? rest, rest);
		const usage = hasStats ? usageOf(stats) : state.usage;
		// A new time of reading alone is no change.
		const isSame = before && shared === resources;
		set({
			connection: state.connection.state === 'connected' ? state.connection : {state: 'connected'},
			snapshot: isSame ? before : {readAt, stats, ...shared},
			roundTripMs: steadied(state.roundTripMs, roundTripMs),
			events: isSame || !before ? state.events : append(changesBetween(before, snapshot, {hasRecords})),
			usage,
		});
	};

	/** Beside the snapshots: a builder that does not answer must not delay them. */
	const readSteps = async (source: Engine) => {
		const {builder} = state.snapshot ?? {};
		const verbs = source.builder;
		if (stepWatchers === 0 || !verbs || !builder || !isBuilding(builder.status)) {
			set({steps: undefined});
			return;
		}

		if (isReadingSteps) {
			return;
		}

		isReadingSteps = true;
		let steps: readonly BuildStep[] | undefined;
		try {
			steps = await withTimeout(async () => verbs.steps(), timeout);
		} catch {
			// They stay unknown.
		} finally {
			isReadingSteps = false;
		}

		if (!isClosed && engine === source) {
			set({steps: reuseEqual(state.steps, steps)});
		}
	};

	const open = async (to: Connect, report: (step: string) => void) => {
		const connected = await withTimeout(async restartTimeout => to(step => {
			restartTimeout();
			report(step);
		}), timeout * connectPatience);
		return {connected, info: await withTimeout(async () => connected.info(), timeout)};
	};

	const switchTo: Store['switchTo'] = async ({connect: to, target, signal, report = () => {}}) => {
		const asked = async () => {
			const {connected, info} = await open(to, report);
			return {connected, info, snapshot: await withTimeout(async () => connected.snapshot({stats: watchers > 0}), timeout)};
		};

		const {connected, info, snapshot} = await unlessAborted(asked(), signal);
		if (isClosed) {
			return;
		}

		generation++;
		listening?.abort();
		listening = undefined;
		connect = to;
		engine = connected;
		retryDelay = firstRetryDelay;
		lastStats = snapshot.stats;
		latest = [];
		set({target, info, snapshot, roundTripMs: snapshot.roundTripMs, events: [], usage: {}, steps: undefined, connection: {state: 'connected'}});
		void listen(connected);
		schedule(interval);
	};

	const read = async () => {
		if (isReading) {
			isWanted = true;
			return;
		}

		isReading = true;
		isWanted = false;
		const own = generation;
		const isOver = () => isClosed || own !== generation;
		try {
			if (!engine) {
				const {connected, info} = await open(connect, step => {
					if (!isOver() && state.connection.state === 'connecting') {
						set({connection: reuseEqual<Connection>(state.connection, {state: 'connecting', step})});
					}
				});
				if (isOver()) {
					return;
				}

				engine = connected;
				set({info: reuseEqual(state.info, info)});
			}

			const source = engine;
			const hasStats = watchers > 0;
			const asked = performance.now();
			const snapshot = await withTimeout(async () => source.snapshot({stats: hasStats, attention: attention()}), timeout);
			if (isOver()) {
				return;
			}

			// A slow line gets fewer questions.
			pace = snapshot.roundTripMs === undefined ? interval : Math.max(interval, restFactor * (performance.now() - asked));
			take(snapshot, {hasStats, hasRecords: source.dnsRecords !== undefined});
			void readSteps(source);
			retryDelay = firstRetryDelay;
			if (!listening) {
				void listen(source);
			}

			schedule(isWanted ? eventDelay : pace);
		} catch (error) {
			if (!isOver()) {
				lose(error);
				schedule(Math.max(retryDelay, asHolmError(error).retryAfterMs ?? 0));
				retryDelay = Math.min(longestRetryDelay, retryDelay * 2);
			}
		} finally {
			isReading = false;
			if (own !== generation) {
				schedule(eventDelay);
			}
		}
	};

	const refresh = (delay = 0) => {
		if (isReading) {
			isWanted = true;
		} else {
			schedule(delay);
		}
	};

	void read();
	return {
		getState: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		engine() {
			if (engine && state.connection.state === 'connected') {
				return engine;
			}

			const reason = state.connection.state === 'lost' ? `the engine is not connected: ${state.connection.reason}` : 'the engine is not connected yet';
			throw new HolmError('unavailable', reason, {remedy: 'wait until it is connected again'});
		},
		switchTo,
		watchStats() {
			watchers++;
			if (watchers === 1 && state.snapshot) {
				refresh();
			}

			return () => {
				watchers--;
			};
		},
		watchSteps() {
			stepWatchers++;
			if (stepWatchers === 1 && engine) {
				void readSteps(engine);
			}

			return () => {
				stepWatchers--;
			};
		},
		show(kinds) {
			const isMore = kinds.some(kind => !shown.includes(kind));
			shown = kinds;
			if (isMore && state.snapshot) {
				refresh();
			}
		},
		touch() {
			const wasIdle = now() - touchedAt > idleDelay;
			touchedAt = now();
			if (wasIdle && state.connection.state === 'connected') {
				refresh();
			}
		},
		refresh() {
			refresh();
		},
		pause() {
			isPaused = true;
			clearTimeout(timer);
		},
		resume() {
			isPaused = false;
			refresh();
		},
		close() {
			isClosed = true;
			clearTimeout(timer);
			listening?.abort();
			listeners.clear();
		},
	};
};
