import {decodeDiskUsage} from '../../wire/decode/system.js';
import {decodePruned} from '../../wire/decode/verbs.js';
import {decodeVolume} from '../../wire/decode/volume.js';
import {fieldsOf} from '../../wire/fields.js';
import type {VolumesVerbs} from '../../engine/volumes.js';
import type {Filters, Pruned, Volume} from '../../engine/resources.js';
import {asHolmError} from '../../engine/errors.js';
import type {Client} from './client.js';
import {pathName, encodeFilters} from './paths.js';
import {byName} from './networks.js';

const volumePath = (name: string) => `/volumes/${pathName(name, 'volume')}`;

/** Prunes anonymous volumes only. Before API 1.42 a prune includes named volumes, so that they are removed one by one. */
const firstToSpareNamed = 42;

const listVolumes = async (client: Client, filters: Filters | undefined): Promise<Volume[]> =>
	fieldsOf(await client.json('GET', '/volumes', {query: {filters: encodeFilters(filters)}})).objects('Volumes').map(volume => decodeVolume(volume.raw));

const pruneAnonymous = async (client: Client, filters: Filters | undefined): Promise<Pruned> => {
	const [unused, usage] = await Promise.all([listVolumes(client, {...filters, dangling: ['true']}), client.json('GET', '/system/df')]);
	const bytes = new Map(decodeDiskUsage(usage).volumes.map(item => [item.volume.name, item.bytes]));
	const removed: string[] = [];
	for (const {name, anonymous} of unused) {
		if (!anonymous) {
			continue;
		}

		try {
			await client.json('DELETE', volumePath(name));
			removed.push(name);
		} catch (error) {
			// It may be in use or removed meanwhile.
			if (!['conflict', 'not-found'].includes(asHolmError(error).code)) {
				throw error;
			}
		}
	}

	return {removed, freedBytes: removed.reduce((sum, name) => sum + (bytes.get(name) ?? 0), 0)};
};

export const volumesVerbs = (client: Client): VolumesVerbs => ({
	async volumes(filters) {
		const volumes = await listVolumes(client, filters);
		return await client.isHolm() ? volumes : volumes.toSorted(byName);
	},
	volume: async name => decodeVolume(await client.json('GET', volumePath(name))),
	createVolume: async ({name, labels, options}) => decodeVolume(await client.json('POST', '/volumes/create', {
		json: {Name: name ?? '', Driver: 'local', DriverOpts: {...options}, Labels: {...labels}},
	})),
	async removeVolume(name, {force} = {}) {
		await client.json('DELETE', volumePath(name), {query: {force}});
	},
	async pruneVolumes({all = false, filters} = {}) {
		const isOld = await client.minorVersion() < firstToSpareNamed;
		if (isOld && !all) {
			return pruneAnonymous(client, filters);
		}

		// Old engines refuse the filter, and prune all volumes without it.
		const wanted = all && !isOld ? {...filters, all: ['true']} : filters;
		return decodePruned('VolumesDeleted', await client.json('POST', '/volumes/prune', {query: {filters: encodeFilters(wanted)}}));
	},
});
