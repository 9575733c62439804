import type {SnapshotVerbs} from '../../engine/snapshot.js';
import {listContainers} from './containers.js';
import {describeNetwork} from './endpoints.js';
import {listImages} from './image-store.js';
import type {State} from './state.js';
import {readStats} from './stats.js';
import {listVolumes} from './volumes.js';

export const snapshotVerbs = (state: State): SnapshotVerbs => ({
	async snapshot({stats = false} = {}) {
		const records = listContainers(state);
		return {
			readAt: state.now(),
			containers: records.map(({container}) => container),
			networks: [...state.networks.values()].map(network => describeNetwork(state, network)),
			images: listImages(state),
			volumes: listVolumes(state),
			stats: Object.fromEntries(records.filter(({run}) => stats && run).map(record => [record.id, readStats(state, record)])),
		};
	},
});
