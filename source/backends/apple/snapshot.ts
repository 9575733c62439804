import type {Attention, Snapshot, SnapshotVerbs} from '../../engine/snapshot.js';
import type {Context} from './context.js';
import {readImagesWithin} from './image-listing.js';
import {readItemsWithin, type Item} from './listing.js';
import {readNetworksWithin} from './network-listing.js';
import {describeNetwork} from './networks.js';
import {nextLook, type Kind} from './polling/plan.js';
import {pollerOf} from './polling/poller.js';
import {whileServed} from './polling/service.js';
import {allStatsOf, lastSample, sample} from './sampler.js';
import {readVolumesWithin} from './volumes.js';

/** How old each list may be, in milliseconds. */
type Ages = (kind: Kind) => number;

const anew: Ages = () => 0;

/** Milliseconds by which those who ask once a second may be early. */
const toleranceMs = 100;

/** How old the lists may be for somebody who takes snapshots again and again. */
const agesFor = (context: Context, {shown, idleMs}: Attention): Ages => {
	const past = {...pollerOf(context).past(), isDown: false};
	const looker = {who: 'dashboard', idleMs, shown, isRemote: context.transport.isRemote === true} as const;
	return kind => {
		const tookMs = kind === 'stats' ? 0 : context.lists[kind].tookMs();
		return Math.max((nextLook(kind, [looker], {...past, tookMs})?.afterMs ?? 0) - toleranceMs, 1);
	};
};

const readStats = async (context: Context, items: readonly Item[], maxAgeMs: number): Promise<Snapshot['stats']> => {
	if (!items.some(({container}) => container.status.state === 'running')) {
		return {};
	}

	const reading = maxAgeMs === 0 ? await sample(context) : lastSample(context, maxAgeMs);
	return reading ? allStatsOf(items, reading) : {};
};

const read = async (context: Context, ages: Ages, hasStats: boolean): Promise<Snapshot> => {
	const [
		items,
		networks,
		images,
		volumes,
	] = await Promise.all([
		readItemsWithin(context, ages('containers')),
		readNetworksWithin(context, ages('networks')),
		readImagesWithin(context, ages('images')),
		readVolumesWithin(context, ages('volumes')),
	]);
	return {
		readAt: Date.now(),
		containers: items.map(({container}) => container),
		networks: networks.map(network => describeNetwork(network, items)),
		images: images.map(({image}) => image),
		volumes,
		roundTripMs: context.transport.roundTripMs?.(),
		stats: hasStats ? await readStats(context, items, ages('stats')) : {},
	};
};

export const snapshotVerbs = (context: Context): SnapshotVerbs => ({
	async snapshot({stats = false, attention} = {}) {
		return attention
			? whileServed(context, async () => read(context, agesFor(context, attention), stats))
			: read(context, anew, stats);
	},
});
