import {readFields} from '../body.js';
import {decodeCreateVolume} from '../../wire/decode/volume.js';
import {encodePruned} from '../../wire/encode/verbs.js';
import {encodeVolume} from '../../wire/encode/volume.js';
import {created, noContent, ok, route} from '../exchange.js';

export const volumesRoutes = [
	route('GET', '/volumes', async ({engine, query}) => {
		const volumes = await engine.volumes(query.filters());
		return ok({Volumes: volumes.map(volume => encodeVolume(volume)), Warnings: []});
	}),
	route('POST', '/volumes/create', async exchange => created(encodeVolume(await exchange.engine.createVolume(decodeCreateVolume(await readFields(exchange)))))),
	route('POST', '/volumes/prune', async ({engine, query, minorVersion}) => {
		const {all, ...filters} = query.filters();
		// Before 1.42 a prune included named volumes.
		const isAll = minorVersion < 42 || (all?.some(value => value === 'true' || value === '1') ?? false);
		return ok(encodePruned('VolumesDeleted', await engine.pruneVolumes({all: isAll, filters})));
	}),
	route('GET', '/volumes/{name}', async ({engine, name}) => ok(encodeVolume(await engine.volume(name)))),
	route('DELETE', '/volumes/{name}', async ({engine, name, query}) => {
		await engine.removeVolume(name, {force: query.flag('force')});
		return noContent;
	}),
];
