import {decodeSnapshot} from '../../wire/decode/system.js';
import type {ContainersVerbs} from '../../engine/containers.js';
import type {ImagesVerbs} from '../../engine/images.js';
import type {Snapshot, SnapshotVerbs} from '../../engine/snapshot.js';
import type {StatsVerbs} from '../../engine/stats.js';
import type {VolumesVerbs} from '../../engine/volumes.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import type {Container, ContainerStats, Network} from '../../engine/resources.js';
import type {Client} from './client.js';
import {mapConcurrently} from './concurrency.js';
import {listNetworks} from './networks.js';

type Parts = ContainersVerbs & ImagesVerbs & VolumesVerbs & StatsVerbs;

/** Derives leases from the containers, as Docker's list of networks has none. */
const withLeases = (network: Network, containers: readonly Container[]): Network => ({
	...network,
	leases: containers.flatMap(({id, name, attachments}) => attachments
		.filter(({networkId, address}) => networkId === network.id && address !== '')
		.map(({address, mac, endpointId}) => ({address, mac, containerId: id, containerName: name, endpointId}))),
});

const readStats = async ({stats}: Parts, containers: readonly Container[]): Promise<Record<string, ContainerStats>> => {
	const running = containers.filter(({status}) => status.state === 'running');
	const readings = await mapConcurrently(running, async ({id}) => {
		try {
			const [reading] = await Array.fromAsync(stats(id));
			return reading ? [[id, reading] as const] : [];
		} catch (error) {
			// It may have ended since it was listed.
			if (['not-found', 'conflict'].includes(asHolmError(error).code)) {
				return [];
			}

			throw error;
		}
	});
	return Object.fromEntries(readings.flat());
};

const compose = async (client: Client, parts: Parts, hasStats: boolean): Promise<Snapshot> => {
	const readAt = Date.now();
	const [containers, networks, images, volumes] = await Promise.all([
		parts.containers({all: true}),
		listNetworks(client),
		parts.images(),
		parts.volumes(),
	]);
	return {
		readAt,
		containers,
		networks: networks.map(network => withLeases(network, containers)),
		images,
		volumes,
		stats: hasStats ? await readStats(parts, containers) : {},
	};
};

/** One request to an engine of Holm's, a few to others. */
export const snapshotVerbs = (client: Client, parts: Parts): SnapshotVerbs => ({
	async snapshot({stats = false, attention} = {}) {
		if (!await client.isHolm()) {
			return compose(client, parts, stats);
		}

		const json = await client.json('GET', '/holm/snapshot', {query: {
			stats, ...attention && {idle: Math.floor(attention.idleMs), shown: attention.shown},
		}});
		if (json === undefined) {
			throw new HolmError('internal', 'the engine answered with nothing');
		}

		return decodeSnapshot(json);
	},
});
