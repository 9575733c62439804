import type {SnapshotVerbs} from '../../engine/snapshot.js';
import {listContainers} from './containers.js';
import {usersContainers, type Context} from './context.js';
import {readStats} from './guest-stats.js';
import {listNetworks} from './networks.js';
import {createTimedReads} from './timed-reads.js';
import {listVolumes} from './volumes.js';

/** Time limit for the statistics of a snapshot. */
const readingLimitMs = 3000;

export const snapshotVerbs = (context: Context): SnapshotVerbs => {
	const readAll = createTimedReads(readStats, readingLimitMs);

	return {
		async snapshot({stats = false} = {}) {
			const readAt = Date.now();
			const [containers, networks] = [listContainers(context), listNetworks(context)];
			const [images, volumes] = await Promise.all([context.images.list(), listVolumes(context)]);
			const live = stats ? usersContainers(context).filter(entry => entry.container.status.state === 'running') : [];
			const readings = await readAll(live);
			return {
				readAt,
				containers,
				networks,
				images,
				volumes,
				stats: Object.fromEntries(readings.map(([{container}, reading]) => [container.id, reading])),
			};
		},
	};
};
