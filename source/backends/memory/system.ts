import os from 'node:os';
import {apiVersion, minimumApiVersion} from '../../engine/api-version.js';
import type {SystemVerbs} from '../../engine/system.js';
import {listContainers, withSize} from './containers.js';
import {hostArchitecture, listImages} from './image-store.js';
import {kernelVersion} from './machine.js';
import type {State} from './state.js';
import {listVolumes, usersOf} from './volumes.js';

export const systemVerbs = (state: State, id: string): SystemVerbs => ({
	async version() {
		const {packageVersion} = await import('../../wire/package-version.js');
		return {
			name: 'Holm in memory', version: packageVersion(), apiVersion, minimumApiVersion, os: 'linux', architecture: hostArchitecture, kernel: kernelVersion,
		};
	},
	async info() {
		const states = listContainers(state).map(({container}) => container.status.state);
		const count = (wanted: readonly string[]) => states.filter(word => wanted.includes(word)).length;
		return {
			id,
			name: 'demo',
			root: '/holm',
			containers: states.length,
			running: count(['running', 'restarting']),
			paused: count(['paused']),
			stopped: count(['created', 'exited']),
			images: state.images.size,
			cpus: os.availableParallelism(),
			memoryBytes: os.totalmem(),
			operatingSystem: 'Holm in memory',
			kernel: kernelVersion,
			architecture: os.machine(),
			accelerator: 'kvm',
			warnings: [],
		};
	},
	async diskUsage() {
		const containers = listContainers(state);
		const madeOf = (imageId: string) => containers.filter(({container}) => container.imageId === imageId);
		return {
			images: listImages(state).map(image => ({image, containers: madeOf(image.id).length})),
			containers: containers.map(record => ({container: withSize(record), bytes: record.files.bytes()})),
			volumes: listVolumes(state).map(volume => ({
				volume, bytes: state.volumes.get(volume.name)!.files.bytes(), containers: usersOf(state, volume.name).length,
			})),
			cacheBytes: 0,
		};
	},
});
