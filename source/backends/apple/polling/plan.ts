/*
How often Apple's program is run to see what others have changed. It has no events, so Holm has to look; each look starts a process there and wakes the service, so that a Mac that nobody watches stays idle.
*/

export type ListName = 'containers' | 'networks' | 'images' | 'volumes';

export type Kind = ListName | 'stats';

/** Who looks. */
export type Looker =
	| {
		readonly who: 'dashboard';
		/** Milliseconds since the user's last key. */
		readonly idleMs: number;
		/** Lists that are open. */
		readonly shown: readonly Kind[];
		/** The Mac is another host. */
		readonly isRemote: boolean;
	}
	/** Those who listen to events or wait for an end. */
	| {readonly who: 'events' | 'wait'}
	/** What keeps the names of running containers on networks of one's own. */
	| {readonly who: 'names'};

/** What the last looks have found. */
export type Past = {
	/** Milliseconds since the last change, or since the first of those who look has come. */
	readonly quietMs: number;
	/** Milliseconds that the last answer has taken. */
	readonly tookMs: number;
	/** The last answer was that the service does not run. */
	readonly isDown: boolean;
};

/** The next look: at a list, or whether the service runs; so long after the last one. */
export type Look = {readonly ask: 'list' | 'status'; readonly afterMs: number};

const second = 1000;

/** From here on a dashboard counts as left alone. */
export const idleAfterMs = 60 * second;

/** So long after a key or a change more of them are likely. */
const livelyMs = 10 * second;

const downMs = 10 * second;

const dashboardDelay = (kind: Kind, {idleMs, shown, isRemote}: Looker & {readonly who: 'dashboard'}, quietMs: number): number => {
	const isCalm = isRemote || idleMs >= idleAfterMs;
	if (kind === 'containers') {
		return isCalm ? 5 * second : (Math.min(idleMs, quietMs) < livelyMs ? second : 2 * second);
	}

	if (kind === 'stats') {
		return isCalm ? 10 * second : 0;
	}

	return isCalm ? 60 * second : (shown.includes(kind) ? 5 * second : 30 * second);
};

const delayOf = (kind: Kind, looker: Looker, quietMs: number): number | undefined => {
	if (looker.who === 'dashboard') {
		return dashboardDelay(kind, looker, quietMs);
	}

	if (kind !== 'containers') {
		return undefined;
	}

	// Looks after 1, 2, 4 and then 5 seconds.
	return looker.who === 'names' ? 10 * second : Math.min(quietMs + second, 5 * second);
};

/** The next look at a kind of resources for all who look; undefined if none of them does. */
export const nextLook = (kind: Kind, lookers: readonly Looker[], {quietMs, tookMs, isDown}: Past): Look | undefined => {
	const delays = lookers.map(looker => delayOf(kind, looker, quietMs)).filter(delay => delay !== undefined);
	if (delays.length === 0) {
		return undefined;
	}

	if (isDown) {
		return {ask: 'status', afterMs: downMs};
	}

	const delay = Math.min(...delays);
	// Readings of statistics take their time by waiting, not by working.
	return {ask: 'list', afterMs: kind !== 'stats' && tookMs > delay ? 2 * tookMs : delay};
};
