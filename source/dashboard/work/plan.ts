import type {Snapshot} from '../../engine/snapshot.js';
import type {Builder} from '../../engine/builder.js';
import type {Container, Image, Network, Volume} from '../../engine/resources.js';
import {shortBytes} from '../../text/measures.js';
import {isBuilding} from '../builder/builder-row.js';

/** An operation on the items of a plan. */
export type PlanVerb =
	| 'disconnect'
	| 'kill'
	| 'pruneBuilder'
	| 'removeBuilder'
	| 'removeContainers'
	| 'removeImages'
	| 'removeNetworks'
	| 'removeVolumes'
	| 'restart'
	| 'stop'
	| 'stopBuilder';

export type PlanItem = {
	/** Id of the container, network, image or volume; fixed when the plan is made. */
	readonly id: string;
	readonly name: string;
	/** State, addresses, ports, users. */
	readonly details: readonly string[];
};

export type Plan = {
	readonly verb: PlanVerb;
	/** A question: `Remove web?`. */
	readonly title: string;
	readonly items: readonly PlanItem[];
	/** Further effects, as sentences. */
	readonly consequences: readonly string[];
	/** The equivalent command line. */
	readonly command: string;
	readonly accept: string;
	/** For `disconnect`: id of the network. */
	readonly networkId?: string;
	/** Of the builder: ends the builds that run. */
	readonly willEndBuilds?: boolean;
	/** What undo can recreate. */
	readonly kept: {readonly containers: readonly Container[]; readonly networks: readonly Network[]};
};

const nothingKept = {containers: [], networks: []} as const;

const count = (number: number, one: string, many = `${one}s`) => number === 1 ? one : `${number} ${many}`;

const isRunning = ({status: {state}}: Container) => state === 'running' || state === 'paused';

const anonymousVolumes = ({mounts}: Container, {volumes}: Snapshot): readonly string[] => {
	const anonymous = new Set(volumes.filter(volume => volume.anonymous).map(({name}) => name));
	return mounts.flatMap(mount => mount.type === 'volume' && anonymous.has(mount.source) ? [mount.source] : []);
};

const containerItem = (container: Container): PlanItem => ({
	id: container.id,
	name: container.name,
	details: [
		container.status.state,
		...container.attachments.filter(({address}) => address !== '').map(({network, address}) => `${address} on ${network}`),
		...new Set(container.ports.map(({hostPort, protocol}) => `port ${hostPort}/${protocol}`)),
	],
});

const names = (items: ReadonlyArray<{readonly name: string}>) => items.map(({name}) => name).join(' ');

/** Stop, restart or kill. */
export const planSignal = (verb: 'stop' | 'restart' | 'kill', containers: readonly Container[]): Plan => {
	const word = {stop: 'Stop', restart: 'Restart', kill: 'Kill'}[verb];
	const affected = verb === 'restart' ? containers : containers.filter(container => isRunning(container) || container.status.state === 'restarting');
	return {
		verb,
		title: `${word} ${count(affected.length, affected[0]?.name ?? 'nothing', 'containers')}?`,
		items: affected.map(container => containerItem(container)),
		consequences: verb === 'kill' ? [`${affected.length === 1 ? 'It gets' : 'They get'} SIGKILL and cannot shut down cleanly.`] : [],
		command: `holm ${verb} ${names(affected)}`,
		accept: word,
		kept: nothingKept,
	};
};

/** Plans the removal of containers, running ones by force. */
export const planRemoveContainers = (containers: readonly Container[], snapshot: Snapshot): Plan => {
	const running = containers.filter(container => isRunning(container)).length;
	const volumes = containers.flatMap(container => anonymousVolumes(container, snapshot));
	const addresses = containers.flatMap(({attachments}) => attachments).length;
	const ports = new Set(containers.flatMap(container => container.ports).map(({hostPort, protocol}) => `${hostPort}/${protocol}`)).size;
	return {
		verb: 'removeContainers',
		title: `Remove ${count(containers.length, containers[0]?.name ?? 'nothing', 'containers')}?`,
		items: containers.map(container => containerItem(container)),
		consequences: [
			...(running > 0 ? [`${running} running, will be killed.`] : []),
			containers.length === 1 ? 'Its disk and log are deleted.' : 'Their disks and logs are deleted.',
			`Freed: ${count(addresses, '1 address', 'addresses')}, ${count(ports, '1 published port', 'published ports')}.`,
			...(volumes.length > 0 ? [`Anonymous volumes are kept: ${volumes.join(', ')}`] : []),
		],
		command: `holm rm ${running > 0 ? '--force ' : ''}${names(containers)}`,
		accept: 'Remove',
		kept: {containers, networks: []},
	};
};

const builderWords = {
	stopBuilder: {title: 'Stop the builder?', accept: 'Stop', command: 'holm builder stop'},
	removeBuilder: {title: 'Remove the builder with its cache?', accept: 'Remove', command: 'holm builder rm'},
	pruneBuilder: {title: 'Remove the cache of builds?', accept: 'Remove', command: 'holm builder prune'},
} as const;

/** Plans what is done with the builder; stopping and removing it end the builds that run. */
export const planBuilder = (verb: keyof typeof builderWords, builder: Builder): Plan => {
	const {title, accept, command} = builderWords[verb];
	const isInUse = isBuilding(builder);
	const size = shortBytes(builder.usedBytes);
	const willEndBuilds = isInUse && verb !== 'pruneBuilder';
	const effects = {
		stopBuilder: ['Its cache stays; the next build starts it.'],
		removeBuilder: [`Removes the cache of builds, ${size}, and its programs; the next build makes it again. Images stay.`],
		pruneBuilder: [`Removes the cache that no build uses, at most ${size}. Images stay.`, ...builder.state === 'running' ? [] : ['Starts the builder for that.']],
	};
	return {
		verb,
		title,
		items: [{id: builder.id ?? '', name: 'builder', details: [isInUse ? 'building' : builder.state, `cache ${size}`]}],
		consequences: [...willEndBuilds ? ['The builds that run now fail.'] : [], ...effects[verb]],
		command: willEndBuilds ? `${command} --force` : command,
		accept,
		...willEndBuilds && {willEndBuilds},
		kept: nothingKept,
	};
};

/** Plans the removal of networks. The engine refuses those in use; the details name their containers. */
export const planRemoveNetworks = (networks: readonly Network[]): Plan => ({
	verb: 'removeNetworks',
	title: `Remove ${count(networks.length, `network ${networks[0]?.name ?? ''}`, 'networks')}?`,
	items: networks.map(({id, name, subnet, leases}) => ({id, name, details: [subnet, leases.length === 0 ? 'no containers' : `in use by ${leases.map(({containerName}) => containerName).join(', ')}`]})),
	consequences: [`Freed: ${networks.map(({subnet}) => subnet).join(', ')}.`],
	command: `holm network rm ${names(networks)}`,
	accept: 'Remove',
	kept: {containers: [], networks},
});

/** The first tag of an image, or the start of its id. */
export const imageName = ({tags, id}: Image): string => tags[0] ?? id.replace(/^sha256:/v, '').slice(0, 12);

export const planRemoveImages = (images: readonly Image[], {containers}: Snapshot): Plan => ({
	verb: 'removeImages',
	title: `Remove ${count(images.length, imageName(images[0]!), 'images')}?`,
	items: images.map(image => {
		const users = containers.filter(({imageId}) => imageId === image.id).map(({name}) => name);
		return {id: image.id, name: imageName(image), details: [...image.tags.slice(1), ...(users.length > 0 ? [`used by ${users.join(', ')}`] : [])]};
	}),
	consequences: [`${images.length === 1 ? 'It has' : 'They have'} to be pulled or built again.`],
	command: `holm rmi ${images.map(image => imageName(image)).join(' ')}`,
	accept: 'Remove',
	kept: nothingKept,
});

/** Names of the containers that mount a volume. */
export const volumeUsers = ({name}: Volume, {containers}: Pick<Snapshot, 'containers'>): readonly string[] =>
	containers.filter(({mounts}) => mounts.some(mount => mount.type === 'volume' && mount.source === name)).map(container => container.name);

export const planRemoveVolumes = (volumes: readonly Volume[], snapshot: Snapshot): Plan => ({
	verb: 'removeVolumes',
	title: `Remove ${count(volumes.length, `volume ${volumes[0]?.name ?? ''}`, 'volumes')}?`,
	items: volumes.map(volume => {
		const users = volumeUsers(volume, snapshot);
		return {id: volume.name, name: volume.name, details: users.length > 0 ? [`used by ${users.join(', ')}`] : []};
	}),
	consequences: [`All data in ${volumes.length === 1 ? 'it' : 'them'} is deleted and cannot be restored.`],
	command: `holm volume rm ${names(volumes)}`,
	accept: 'Remove',
	kept: nothingKept,
});

export const planDisconnect = (network: Network, containers: readonly Container[]): Plan => ({
	verb: 'disconnect',
	title: `Disconnect ${count(containers.length, containers[0]?.name ?? '', 'containers')} from ${network.name}?`,
	items: containers.map(({id, name, attachments}) => ({
		id,
		name,
		details: attachments.filter(({networkId}) => networkId === network.id).map(({address}) => address),
	})),
	consequences: [`Connections over it are closed, and ${containers.length === 1 ? 'the container\'s' : 'their'} DNS records are removed.`],
	command: containers.map(({name}) => `holm network disconnect ${network.name} ${name}`).join('; '),
	accept: 'Disconnect',
	networkId: network.id,
	kept: nothingKept,
});

/** Plans the removal of unused items, listed one by one; undefined if there are none. */
export const planPrune = (kind: 'containers' | 'networks' | 'images' | 'volumes', snapshot: Snapshot): Plan | undefined => {
	switch (kind) {
		case 'containers': {
			const stopped = snapshot.containers.filter(({status: {state}}) => state === 'exited' || state === 'created');
			return stopped.length === 0 ? undefined : planRemoveContainers(stopped, snapshot);
		}

		case 'networks': {
			// The default network is the engine's own.
			const unused = snapshot.networks.filter(({leases, name}) => leases.length === 0 && !['bridge', 'default', 'host', 'none'].includes(name));
			return unused.length === 0 ? undefined : planRemoveNetworks(unused);
		}

		case 'images': {
			const used = new Set(snapshot.containers.map(({imageId}) => imageId));
			const dangling = snapshot.images.filter(({tags, id}) => tags.length === 0 && !used.has(id));
			return dangling.length === 0 ? undefined : planRemoveImages(dangling, snapshot);
		}

		case 'volumes': {
			const unused = snapshot.volumes.filter(volume => volumeUsers(volume, snapshot).length === 0);
			return unused.length === 0 ? undefined : planRemoveVolumes(unused, snapshot);
		}
	}
};
