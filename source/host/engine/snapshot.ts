import type {BuilderActions} from '../../engine/builder.js';
import type {SnapshotVerbs} from '../../engine/snapshot.js';
import {listContainers} from './containers.js';
import {findBuilder, usersContainers, type Context} from './context.js';
import {readStats} from './guest-stats.js';
import {listNetworks} from './networks.js';
import {createTimedReads} from './timed-reads.js';
import {listVolumes} from './volumes.js';

/** Time limit for the statistics of a snapshot. */
const readingLimitMs = 3000;

export const snapshotVerbs = (context: Context, builder: Pick<BuilderActions, 'status'>): SnapshotVerbs => {
	const readAll = createTimedReads(readStats, readingLimitMs);

	return {
		async snapshot({stats = false} = {}) {
			const readAt = Date.now();
			const [containers, networks] = [listContainers(context), listNetworks(context)];
			const [images, volumes, status] = await Promise.all([context.images.list(), listVolumes(context), builder.status()]);
			const builderEntry = findBuilder(context);
			const entries = [...usersContainers(context), ...builderEntry ? [builderEntry] : []];
			const live = stats ? entries.filter(entry => entry.container.status.state === 'running') : [];
			const readings = await readAll(live);
			return {
				readAt,
				containers,
				networks,
				images,
				volumes,
				...builderEntry && status.id === builderEntry.container.id && {builder: {status, container: builderEntry.container}},
				stats: Object.fromEntries(readings.map(([{container}, reading]) => [container.id, reading])),
			};
		},
	};
};
