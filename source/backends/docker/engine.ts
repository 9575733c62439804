import type {Engine} from '../../engine/engine.js';
import type {ReachableAddress} from '../../wire/addresses.js';
import {createClient, type ClientOptions} from './client.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {lazyVerbs} from './lazy-verbs.js';
import {transferVerbs} from './transfer.js';

/**
An engine behind Docker's API, from version 1.41 on: Holm's daemon, Docker, Podman and compatible ones.

Sends nothing before the first verb. Idle connections are reused and do not keep the process alive.
*/
export const createDockerEngine = (address: ReachableAddress, options?: ClientOptions): Engine => {
	const client = createClient(address, options);
	const verbs = {
		...lazyVerbs({version: 'answer', info: 'answer', diskUsage: 'answer'}, async () => (await import('./system.js')).systemVerbs(client)),
		...lazyVerbs({events: 'values'}, async () => (await import('./events.js')).eventsVerbs(client)),
		...lazyVerbs({
			containers: 'answer', container: 'answer', createContainer: 'answer', renameContainer: 'answer', removeContainer: 'answer', removeLink: 'answer', pruneContainers: 'answer',
		}, async () => (await import('./containers.js')).containersVerbs(client)),
		...lazyVerbs({
			startContainer: 'answer', stopContainer: 'answer', restartContainer: 'answer', killContainer: 'answer', pauseContainer: 'answer', unpauseContainer: 'answer', waitContainer: 'answer', updateContainer: 'answer',
		}, async () => (await import('./lifecycle.js')).lifecycleVerbs(client)),
		...lazyVerbs({logs: 'values', bootLog: 'values'}, async () => (await import('./logs.js')).logsVerbs(client)),
		...lazyVerbs({attachContainer: 'answer', resizeContainer: 'answer'}, async () => (await import('./sessions.js')).sessionsVerbs(client)),
		...lazyVerbs({createExec: 'answer', startExec: 'answer', resizeExec: 'answer', exec: 'answer'}, async () => (await import('./execs.js')).execsVerbs(client)),
		...lazyVerbs({stats: 'values', top: 'answer'}, async () => (await import('./stats.js')).statsVerbs(client)),
		...archivesVerbs(client),
		...lazyVerbs({changes: 'answer', exportContainer: 'answer'}, async () => (await import('./changes.js')).changesVerbs(client)),
		...lazyVerbs({commitContainer: 'answer'}, async () => (await import('./commits.js')).commitsVerbs(client)),
		...lazyVerbs({
			networks: 'answer', network: 'answer', createNetwork: 'answer', removeNetwork: 'answer', connectNetwork: 'answer', disconnectNetwork: 'answer', pruneNetworks: 'answer', dnsRecords: 'answer',
		}, async () => (await import('./networks.js')).networksVerbs(client)),
		...lazyVerbs({images: 'answer', image: 'answer', tagImage: 'answer', removeImage: 'answer', pruneImages: 'answer'}, async () => (await import('./images.js')).imagesVerbs(client)),
		...transferVerbs(client),
		...buildVerbs(client),
		builder: lazyVerbs({
			status: 'answer', steps: 'answer', start: 'answer', stop: 'answer', update: 'answer', prune: 'answer', remove: 'answer',
		}, async () => (await import('./builder.js')).builderActions(client)),
		...lazyVerbs({volumes: 'answer', volume: 'answer', createVolume: 'answer', removeVolume: 'answer', pruneVolumes: 'answer'}, async () => (await import('./volumes.js')).volumesVerbs(client)),
	};
	return {...verbs, ...lazyVerbs({snapshot: 'answer'}, async () => (await import('./snapshot.js')).snapshotVerbs(client, verbs))};
};
