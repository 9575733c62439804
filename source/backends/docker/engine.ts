import type {Engine} from '../../engine/engine.js';
import type {ReachableAddress} from '../../wire/addresses.js';
import {createClient} from './client.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {changesVerbs} from './changes.js';
import {commitsVerbs} from './commits.js';
import {containersVerbs} from './containers.js';
import {eventsVerbs} from './events.js';
import {execsVerbs} from './execs.js';
import {imagesVerbs} from './images.js';
import {lifecycleVerbs} from './lifecycle.js';
import {logsVerbs} from './logs.js';
import {networksVerbs} from './networks.js';
import {sessionsVerbs} from './sessions.js';
import {snapshotVerbs} from './snapshot.js';
import {statsVerbs} from './stats.js';
import {systemVerbs} from './system.js';
import {transferVerbs} from './transfer.js';
import {volumesVerbs} from './volumes.js';

/**
An engine behind Docker's API, from version 1.41 on: Holm's daemon, Docker, Podman and compatible ones.

Sends nothing before the first verb. Idle connections are reused and do not keep the process alive.
*/
export const createDockerEngine = (address: ReachableAddress): Engine => {
	const client = createClient(address);
	const verbs = {
		...systemVerbs(client),
		...eventsVerbs(client),
		...containersVerbs(client),
		...lifecycleVerbs(client),
		...logsVerbs(client),
		...sessionsVerbs(client),
		...execsVerbs(client),
		...statsVerbs(client),
		...archivesVerbs(client),
		...changesVerbs(client),
		...commitsVerbs(client),
		...networksVerbs(client),
		...imagesVerbs(client),
		...transferVerbs(client),
		...buildVerbs(client),
		...volumesVerbs(client),
	};
	return {...verbs, ...snapshotVerbs(client, verbs)};
};
