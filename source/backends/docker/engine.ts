import type {Engine} from '../../engine/engine.js';
import type {ReachableAddress} from '../../wire/addresses.js';
import {archiveVerbs} from './archives.js';
import {createClient} from './client.js';
import {containerVerbs} from './containers.js';
import {imageVerbs} from './images.js';
import {listNetworks, networkVerbs} from './networks.js';
import {sessionVerbs} from './sessions.js';
import {createSnapshot} from './snapshot.js';
import {systemVerbs} from './system.js';
import {volumeVerbs} from './volumes.js';
import {watchVerbs} from './logs.js';

export {parseAddress, type EngineAddress} from '../../wire/addresses.js';

/**
An engine that speaks Docker's API: Holm's own daemon, and Docker, Podman and what is compatible with them, from API 1.41 on.

Nothing is sent before the first verb is called. Connections are kept for the next verb and do not keep the process alive.
*/
export const createDockerEngine = (address: ReachableAddress): Engine => {
	const client = createClient(address);
	const containers = containerVerbs(client);
	const images = imageVerbs(client);
	const volumes = volumeVerbs(client);
	const watching = watchVerbs(client);
	return {
		...systemVerbs(client),
		...containers,
		...watching,
		...sessionVerbs(client),
		...archiveVerbs(client),
		...networkVerbs(client),
		...images,
		...volumes,
		snapshot: createSnapshot(client, {
			...containers,
			...images,
			...volumes,
			...watching,
			listNetworks: async () => listNetworks(client),
		}),
	};
};
