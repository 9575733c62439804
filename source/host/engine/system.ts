import {availableParallelism, hostname, machine, release, totalmem} from 'node:os';
import {apiVersion, minimumApiVersion} from '../../engine/api-version.js';
import type {Image} from '../../engine/resources.js';
import type {SystemVerbs} from '../../engine/system.js';
import {architectureOf} from '../setup/distributions.js';
import {findBuilder, machineOf, usersContainers} from './context.js';
import {directoryBytes, writtenBytesOf} from './disk-usage.js';
import type {VerbContext} from './verb-context.js';
import {listVolumes, usersOf} from './volumes.js';

const architecture = () => architectureOf()?.debian ?? process.arch;

export const systemVerbs = (context: VerbContext): SystemVerbs => {
	const {id, version} = context;

	return {
		async version() {
			return {
				name: 'Holm',
				version,
				apiVersion,
				minimumApiVersion,
				os: 'linux',
				architecture: architecture(),
				kernel: context.guest.kernelVersion,
			};
		},
		async info() {
			const entries = usersContainers(context);
			const count = (state: string) => entries.filter(({container}) => container.status.state === state).length;
			const running = count('running');
			const paused = count('paused');
			const images = await context.images.list({all: true});
			const {accelerator, reason} = context.guest.verdict;
			return {
				id,
				name: hostname(),
				root: context.paths.root,
				containers: entries.length,
				running,
				paused,
				stopped: entries.length - running - paused,
				images: images.length,
				cpus: availableParallelism(),
				memoryBytes: totalmem(),
				operatingSystem: `Holm on Linux ${release()}`,
				kernel: context.guest.kernelVersion,
				architecture: machine(),
				accelerator,
				warnings: [
					...accelerator === 'tcg' ? [`VMs are emulated and therefore slow: ${reason ?? 'no hardware virtualisation'}`] : [],
					...entries.filter(entry => machineOf(entry)?.isOutOfSpace()).map(({container}) => `container ${container.name} is stalled: the disk of ${context.paths.root} is full`),
				],
			};
		},
		async diskUsage() {
			const [images, volumes] = await Promise.all([context.images.list(), listVolumes(context)]);
			const entries = usersContainers(context);
			const builder = findBuilder(context);
			const usersOfImage = ({id: imageId}: Image) => entries.filter(({container}) => container.imageId === imageId).length;
			return {
				images: images.map(image => ({image, containers: usersOfImage(image)})),
				containers: await Promise.all(entries.map(async entry => ({
					container: entry.container,
					bytes: await writtenBytesOf(context, entry),
				}))),
				volumes: await Promise.all(volumes.map(async volume => ({
					volume,
					bytes: await directoryBytes(volume.mountpoint),
					containers: usersOf(context, volume.name).length,
				}))),
				...builder && {builderBytes: await writtenBytesOf(context, builder)},
				cacheBytes: await context.disks.usedBytes() + await directoryBytes(context.paths.templates),
			};
		},
	};
};

