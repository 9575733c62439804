import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Engine} from '../../../../source/engine/engine.js';
import type {Container} from '../../../../source/engine/resources.js';
import {dateOf} from './grammar.js';
import {createImageStore, type ImageStore} from './image-store.js';
import {Refusal} from './invocation.js';

/** A file of the host that a container sees. */
export type MountedFile = {readonly source: string; readonly target: string};

export type StandInContainer = {
	readonly id: string;
	/** In the engine that does the work. */
	readonly memoryId: string;
	readonly createdAt: number;
	/** `configuration` of Apple's document, without what is the same for all. */
	readonly configuration: Readonly<Record<string, unknown>> & {
		readonly networks: ReadonlyArray<{readonly network: string}>;
		readonly publishedPorts: ReadonlyArray<{readonly hostAddress: string; readonly hostPort: number; readonly proto: string}>;
	};
	readonly files: readonly MountedFile[];
	readonly volumes: readonly string[];
	readonly terminal: boolean;
	startedAt?: number;
	/** Both streams of the last run as one. */
	log: string;
};

export type StandInNetwork = {
	readonly id: string;
	readonly createdAt: number;
	readonly internal: boolean;
	readonly subnet?: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly memoryId: string;
};

export type StandInVolume = {
	readonly name: string;
	readonly createdAt: number;
	readonly labels: Readonly<Record<string, string>>;
	readonly source: string;
};

/** What Apple's service has. */
export type World = {
	/** The engine that does the work; most often one in memory. */
	readonly memory: Engine;
	/** Whether its containers are machines, which run the programs of their images and see the files of this host. */
	readonly isReal: boolean;
	readonly root: string;
	readonly architecture: string;
	readonly images: ImageStore;
	readonly containers: Map<string, StandInContainer>;
	readonly networks: Map<string, StandInNetwork>;
	readonly volumes: Map<string, StandInVolume>;
	/** Whether the service runs. */
	isServing: boolean;
};

/** Where the service has the kernel of its containers. */
export const kernelOf = ({root, architecture}: Pick<World, 'root' | 'architecture'>): string => path.join(root, 'kernels', `default.kernel-${architecture}`);

export const installKernel = (world: Pick<World, 'root' | 'architecture'>): void => {
	const kernel = kernelOf(world);
	mkdirSync(path.dirname(kernel), {recursive: true});
	writeFileSync(kernel, 'kernel');
};

export const createWorld = async (memory: Engine, {root, isReal}: Pick<World, 'root' | 'isReal'>): Promise<World> => {
	const {architecture} = await memory.version();
	const images = createImageStore(root, memory, architecture);
	for (const image of await memory.images()) {
		if (image.tags.some(tag => tag.includes('alpine/bash') || tag.includes('redis'))) {
			await images.takeFromMemory(image.tags[0]!);
		}
	}

	const bridge = await memory.network('bridge');
	return {
		memory,
		isReal,
		root,
		architecture,
		images,
		containers: new Map(),
		networks: new Map([['default', {
			id: 'default', createdAt: bridge.createdAt, internal: false, labels: {'com.apple.container.resource.role': 'builtin'}, memoryId: bridge.id,
		}]]),
		volumes: new Map(),
		isServing: true,
	};
};

export const findContainer = ({containers}: World, id: string, doing: (id: string) => string): StandInContainer => {
	const container = containers.get(id);
	if (!container) {
		throw new Refusal(doing(id));
	}

	return container;
};

export const isRunning = async (
	{memory}: World,
	{memoryId}: StandInContainer,
): Promise<boolean> => (await memory.container(memoryId)).status.state === 'running';

/** A directory that takes room on the disk. */
export const makeDirectory = (world: World, kind: 'containers' | 'volumes', name: string): string => {
	const directory = path.join(world.root, kind, name);
	mkdirSync(directory, {recursive: true});
	const file = path.join(directory, kind === 'volumes' ? 'volume.img' : 'rootfs.ext4');
	writeFileSync(file, 'x'.repeat(5000));
	return file;
};

export const dropDirectory = (world: World, kind: 'containers' | 'volumes', name: string): void => {
	rmSync(path.join(world.root, kind, name), {recursive: true, force: true});
};

const networkOf = async ({memory, networks}: World, {networkId}: Container['attachments'][number]) =>
	networks.values().find(({memoryId}) => memoryId === networkId)?.id ?? (await memory.network(networkId)).name;

/** A container as Apple's list has it. */
export const documentOf = async (world: World, container: StandInContainer) => {
	const {status, attachments} = await world.memory.container(container.memoryId);
	const hasRun = status.state === 'running';
	const networks = hasRun ? await Promise.all(attachments.map(async attachment => ({
		network: await networkOf(world, attachment),
		hostname: container.id,
		ipv4Address: `${attachment.address}/${attachment.prefixLength}`,
		ipv4Gateway: attachment.gateway,
		ipv6Address: 'fd4e:2f07:9b1c:3ad2:f03b:7eff:fed1:50c4/64',
		macAddress: attachment.mac,
		mtu: 1280,
		variant: 'reserved',
	}))) : [];
	return {
		id: container.id,
		configuration: {
			...container.configuration, id: container.id, creationDate: dateOf(container.createdAt),
			publishedSockets: [], sysctls: {}, rosetta: false, virtualization: false, ssh: false, runtimeHandler: 'container-runtime-linux',
		},
		status: {
			state: hasRun ? 'running' : 'stopped',
			startedDate: container.startedAt === undefined ? undefined : dateOf(container.startedAt),
			networks,
		},
	};
};
