import type {DiskUsage, EngineInfo, EngineVersion} from '../../engine/system.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeBuilder} from './builder.js';
import {decodeContainer} from './container.js';
import {decodeContainerItem} from './container-list.js';
import {decodeImage, decodeImageItem} from './image.js';
import {decodeNetwork} from './network.js';
import {decodeStats} from './stats.js';
import {decodeVolume} from './volume.js';

/** The answer of `GET /version`, of any engine. Docker calls its own first component `Engine`. */
export const decodeVersion = (json: unknown): EngineVersion => {
	const fields = fieldsOf(json);
	const component = fields.objects('Components')[0]?.text('Name').replace(/^Engine$/v, '');
	return {
		name: fields.object('Platform').text('Name') || component || 'Docker',
		version: fields.text('Version'),
		apiVersion: fields.text('ApiVersion'),
		minimumApiVersion: fields.text('MinAPIVersion'),
		os: fields.text('Os'),
		architecture: fields.text('Arch'),
		kernel: fields.text('KernelVersion'),
	};
};

export const decodeInfo = (json: unknown): EngineInfo => {
	const fields = fieldsOf(json);
	return {
		id: fields.text('ID'),
		name: fields.text('Name'),
		root: fields.text('DockerRootDir'),
		containers: fields.number('Containers'),
		running: fields.number('ContainersRunning'),
		paused: fields.number('ContainersPaused'),
		stopped: fields.number('ContainersStopped'),
		images: fields.number('Images'),
		cpus: fields.number('NCPU'),
		memoryBytes: fields.number('MemTotal'),
		operatingSystem: fields.text('OperatingSystem'),
		kernel: fields.text('KernelVersion'),
		architecture: fields.text('Architecture'),
		accelerator: fields.object('Holm').optionalText('Accelerator'),
		warnings: fields.texts('Warnings'),
	};
};

/** The answer of `GET /system/df`; other engines' cache is their build cache. */
export const decodeDiskUsage = (json: unknown): DiskUsage => {
	const fields = fieldsOf(json);
	const own = fields.object('Holm');
	const builderBytes = own.optionalNumber('BuilderBytes');
	return {
		images: fields.objects('Images').map(item => ({image: decodeImageItem(item.raw), containers: Math.max(0, item.number('Containers'))})),
		containers: fields.objects('Containers').map(item => ({container: decodeContainerItem(item.raw), bytes: item.number('SizeRw')})),
		volumes: fields.objects('Volumes').map(item => {
			const usage = item.object('UsageData');
			return {volume: decodeVolume(item.raw), bytes: Math.max(0, usage.number('Size')), containers: Math.max(0, usage.number('RefCount'))};
		}),
		...builderBytes !== undefined && {builderBytes},
		cacheBytes: own.optionalNumber('CacheBytes')
			?? fields.objects('BuildCache').reduce((sum, item) => sum + item.number('Size'), 0),
	};
};

const decodeSnapshotBuilder = (fields: Fields): NonNullable<Snapshot['builder']> => ({
	status: decodeBuilder(fields.object('Status').raw),
	container: {...decodeContainer(fields.object('Container').raw), role: 'builder'},
});

export const decodeSnapshot = (json: unknown): Snapshot => {
	const fields = fieldsOf(json);
	return {
		readAt: fields.number('ReadAt'),
		containers: fields.objects('Containers').map(item => decodeContainer(item.raw)),
		networks: fields.objects('Networks').map(item => decodeNetwork(item.raw)),
		images: fields.objects('Images').map(item => decodeImage(item.raw)),
		volumes: fields.objects('Volumes').map(item => decodeVolume(item.raw)),
		...fields.has('Builder') && {builder: decodeSnapshotBuilder(fields.object('Builder'))},
		stats: Object.fromEntries(fields.map('Stats').map(([id, stats]) => [id, decodeStats(stats.raw)])),
	};
};
