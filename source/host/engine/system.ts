import {stat} from 'node:fs/promises';
import {availableParallelism, hostname, release, totalmem} from 'node:os';
import type {Engine} from '../../engine/engine.js';
import type {EngineEvent, Image} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {eventRules} from '../../rules/item-filters.js';
import {architectureOf} from '../setup/distributions.js';
import {createReadings} from './timed-reads.js';
import {isLive, machineOf, type Entry, type Context} from './context.js';
import {readStats} from './guest-stats.js';
import {directoryBytes, listVolumes, usersOf} from './volumes.js';

/** Versions of Docker's API that this one's shapes are those of. */
export const apiVersions = {newest: '1.47', oldest: '1.40'} as const;

const architecture = () => architectureOf()?.debian ?? process.arch;

/** Bytes that a container's disk takes beside its image. */
export const diskBytesOf = async ({paths}: Context, {container}: Entry): Promise<number> => {
	const status = await stat(paths.container(container.id).disk).catch(() => undefined);
	return (status?.blocks ?? 0) * 512;
};

/** A snapshot waits so long for the guests' statistics. */
const readingLimitMs = 3000;

type SystemVerbs = Pick<Engine, 'version' | 'info' | 'diskUsage' | 'snapshot' | 'events'>;

export type SystemOptions = {
	/** Of this package. */
	readonly version: string;
	/** Of this engine, made once. */
	readonly id: string;
	/** The other verbs that a snapshot is made of. */
	readonly verbs: Pick<Engine, 'containers' | 'networks'>;
	readonly cacheBytes: () => Promise<number>;
};

export const createSystemVerbs = (context: Context, {version, id, verbs, cacheBytes}: SystemOptions): SystemVerbs => {
	async function * events({since, until, filters = {}, signal}: NonNullable<Parameters<Engine['events']>[0]> = {}): AsyncGenerator<EngineEvent, void> {
		const isWanted = filterOf(filters, eventRules);
		const isLimited = until !== undefined && until <= Date.now();
		const left = until === undefined ? undefined : AbortSignal.timeout(Math.min(Math.max(until - Date.now(), 0), 2 ** 31 - 1));
		const signals = [signal, left].filter(one => one !== undefined);
		const reading = context.events.read({fromNow: since === undefined, live: !isLimited, signal: signals.length > 0 ? AbortSignal.any(signals) : undefined});
		for await (const event of reading) {
			if (event.time >= (since ?? 0) && event.time <= (until ?? Infinity) && isWanted(event)) {
				yield event;
			}
		}
	}

	const readAll = createReadings(readStats, readingLimitMs);

	return {
		async version() {
			return {
				name: 'Holm', version, apiVersion: apiVersions.newest, minimumApiVersion: apiVersions.oldest, os: 'linux', architecture: architecture(), kernel: context.guest.kernelVersion,
			};
		},
		async info() {
			const entries = [...context.containers.values()];
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
				architecture: architecture(),
				accelerator,
				warnings: [
					...accelerator === 'tcg' ? [`machines are emulated, and slow for it: ${reason ?? 'no hardware virtualisation'}`] : [],
					...entries.filter(entry => machineOf(entry)?.isOutOfSpace()).map(({container}) => `container ${container.name} stands still: the disk of ${context.paths.root} is full`),
				],
			};
		},
		async diskUsage() {
			const [images, volumes] = await Promise.all([context.images.list(), listVolumes(context)]);
			const entries = [...context.containers.values()];
			const usersOfImage = ({id: imageId}: Image) => entries.filter(({container}) => container.imageId === imageId).length;
			return {
				images: images.map(image => ({image, containers: usersOfImage(image)})),
				containers: await Promise.all(entries.map(async entry => ({container: entry.container, bytes: await diskBytesOf(context, entry)}))),
				volumes: await Promise.all(volumes.map(async volume => ({volume, bytes: await directoryBytes(volume.mountpoint), containers: usersOf(context, volume.name).length}))),
				cacheBytes: await cacheBytes(),
			};
		},
		async snapshot({stats = false} = {}) {
			const readAt = Date.now();
			const [containers, networks, images, volumes] = await Promise.all([verbs.containers({all: true}), verbs.networks(), context.images.list(), listVolumes(context)]);
			const live = stats ? context.containers.values().filter(entry => isLive(entry) && entry.container.status.state === 'running').toArray() : [];
			const readings = await readAll(live);
			return {
				readAt, containers, networks, images, volumes, stats: Object.fromEntries(readings.map(([{container}, reading]) => [container.id, reading])),
			};
		},
		events,
	};
};

