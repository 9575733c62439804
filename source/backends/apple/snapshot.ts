import type {SnapshotVerbs} from '../../engine/snapshot.js';
import type {Context} from './context.js';
import {readImages} from './image-listing.js';
import {readItems} from './listing.js';
import {readNetworks} from './network-listing.js';
import {describeNetwork} from './networks.js';
import {readAllStats} from './stats.js';
import {readVolumes} from './volumes.js';

export const snapshotVerbs = (context: Context): SnapshotVerbs => ({
	async snapshot({stats = false} = {}) {
		const [
			items,
			networks,
			images,
			volumes,
		] = await Promise.all([readItems(context), readNetworks(context), readImages(context), readVolumes(context)]);
		return {
			readAt: Date.now(),
			containers: items.map(({container}) => container),
			networks: networks.map(network => describeNetwork(network, items)),
			images: images.map(({image}) => image),
			volumes,
			roundTripMs: context.transport.roundTripMs?.(),
			stats: stats ? await readAllStats(context, items) : {},
		};
	},
});
