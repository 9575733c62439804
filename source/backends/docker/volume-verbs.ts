import {decodePruned} from '../../api/decode/verbs.js';
import {decodeVolume} from '../../api/decode/volume.js';
import {fieldsOf} from '../../api/fields.js';
import type {Engine} from '../../engine.js';
import {pathName, type Client} from './client.js';
import {encodeFilters} from './container-verbs.js';
import {byName} from './network-verbs.js';

type Verbs = 'volumes' | 'volume' | 'createVolume' | 'removeVolume' | 'pruneVolumes';

const volumePath = (name: string) => `/volumes/${pathName(name, 'volume')}`;

export const volumeVerbs = (client: Client): Pick<Engine, Verbs> => ({
	async volumes(filters) {
		const fields = fieldsOf(await client.json('GET', '/volumes', {query: {filters: encodeFilters(filters)}}));
		const volumes = fields.objects('Volumes').map(volume => decodeVolume(volume.raw));
		return await client.isHolm() ? volumes : volumes.toSorted(byName);
	},
	volume: async name => decodeVolume(await client.json('GET', volumePath(name))),
	createVolume: async ({name, labels}) => decodeVolume(await client.json('POST', '/volumes/create', {
		json: {Name: name ?? '', Driver: 'local', Labels: {...labels}},
	})),
	async removeVolume(name, {force} = {}) {
		await client.json('DELETE', volumePath(name), {query: {force}});
	},
	pruneVolumes: async ({all = false, filters} = {}) => decodePruned('VolumesDeleted', await client.json('POST', '/volumes/prune', {
		// Engines before 1.42 refuse a filter that they do not know, and take all without it.
		query: {filters: encodeFilters({...filters, ...all ? {all: ['true']} : {}})},
	})),
});
