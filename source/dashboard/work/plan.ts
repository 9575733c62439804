import type {Snapshot} from '../../engine/snapshot.js';
import type {Builder} from '../../engine/builder.js';
import type {Container, Image, Network, Volume} from '../../engine/resources.js';
import {shortBytes} from '../../text/measures.js';
import {quoteWord} from '../forms/words.js';
import {isBuilding} from '../builder/builder-row.js';

/** An operation on the items of a step. */
export type PlanVerb =
	| 'connect'
	| 'disconnect'
	| 'kill'
	| 'pause'
	| 'pruneBuilder'
	| 'removeBuilder'
	| 'removeContainers'
	| 'removeImages'
	| 'removeNetworks'
	| 'removeVolumes'
	| 'restart'
	| 'start'
	| 'stop'
	| 'stopBuilder'
	| 'unpause';

export type PlanItem = {
	/** Id of the container, network, image or volume; fixed when the plan is made. */
	readonly id: string;
	readonly name: string;
	/** State, addresses, ports, users. */
	readonly details: readonly string[];
	/** What more is lost with it, such as that it runs; a change to that is asked about again. */
	readonly risk?: string;
	/** Ids of items of earlier steps; it is not tried if one of them failed. */
	readonly needs?: readonly string[];
	/** For `connect`. */
	readonly aliases?: readonly string[];
	/** For `connect`: a fixed address. */
	readonly address?: string;
};

/** One verb on items. */
export type PlanStep = {
	readonly verb: PlanVerb;
	readonly items: readonly PlanItem[];
	/** For `connect` and `disconnect`. */
	readonly network?: {readonly id: string; readonly name: string};
	/** Of the builder: ends the builds that run. */
	readonly willEndBuilds?: boolean;
	/** The equivalent command line. */
	readonly command: string;
};

/** A connection that undo can make again. */
export type Connection = {
	readonly containerId: string;
	readonly containerName: string;
	readonly networkId: string;
	readonly network: string;
	readonly aliases: readonly string[];
	readonly address?: string;
};

/** What undo can recreate. */
export type Kept = {
	readonly containers: readonly Container[];
	readonly networks: readonly Network[];
	readonly connections?: readonly Connection[];
};

/** A step to confirm, after the steps without which it cannot succeed. */
export type Plan = PlanStep & {
	/** A question: `Remove web?`. */
	readonly title: string;
	/** The steps before it, in order. */
	readonly first?: readonly PlanStep[];
	/** Further effects, as sentences. */
	readonly consequences: readonly string[];
	readonly accept: string;
	readonly kept: Kept;
	/** The same plan for what is there now, or undefined if nothing is left to do. With `isByName`, what was recreated is found by its name. */
	readonly again?: (snapshot: Snapshot, isByName?: boolean) => Plan | undefined;
};

/** All steps of a plan, in their order. */
export const stepsOf = (plan: Plan): readonly PlanStep[] => [...plan.first ?? [], plan];

/** The command lines of a plan, in their order. */
export const commandsOf = (plan: Plan): readonly string[] => stepsOf(plan).map(({command}) => command);

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

/** A container to remove: that it runs is a reason to ask again. */
const removedItem = (container: Container): PlanItem => ({...containerItem(container), ...isRunning(container) && {risk: 'runs'}});

/** Names for a command line. */
const names = (items: ReadonlyArray<{readonly name: string}>) => items.map(({name}) => quoteWord(name)).join(' ');

type Named = {readonly id?: string; readonly name?: string};

/** Those of `wanted` that still exist, by their id or else, if allowed, by their name. */
const found = <Item extends Named>(all: readonly Item[], wanted: readonly Named[], isByName = false): readonly Item[] =>
	wanted.flatMap(({id, name}) => {
		const isNamed = (item: Item) => name !== undefined && item.name === name;
		const byId = all.find(item => id === undefined ? isNamed(item) : item.id === id);
		return byId ?? (isByName ? all.find(item => isNamed(item)) : undefined) ?? [];
	});

/** Tells the items of a plan apart: a container may be in several steps. */
export const itemKey = ({verb, network}: {readonly verb: PlanVerb; readonly network?: {readonly id: string}}, id: string): string =>
	`${verb} ${network?.id ?? ''} ${id}`;

const unlessEmpty = <Item>(items: readonly Item[], make: (items: readonly Item[]) => Plan): Plan | undefined =>
	items.length === 0 ? undefined : make(items);

type SignalVerb = 'stop' | 'restart' | 'kill' | 'start' | 'pause' | 'unpause';

/** Whether a verb has an effect in a state. */
const applies: Readonly<Record<SignalVerb, (container: Container) => boolean>> = {
	stop: container => isRunning(container) || container.status.state === 'restarting',
	kill: container => isRunning(container) || container.status.state === 'restarting',
	restart: () => true,
	start: ({status: {state}}) => state === 'exited' || state === 'created',
	pause: ({status: {state}}) => state === 'running',
	unpause: ({status: {state}}) => state === 'paused',
};

const signalWords: Readonly<Record<SignalVerb, string>> = {
	stop: 'Stop', restart: 'Restart', kill: 'Kill', start: 'Start', pause: 'Pause', unpause: 'Resume',
};

/** What is done with containers as they are, without those on which it has no effect. */
export const planSignal = (verb: SignalVerb, containers: readonly Container[]): Plan => {
	const word = signalWords[verb];
	const affected = containers.filter(container => applies[verb](container));
	return {
		verb,
		title: `${word} ${count(affected.length, affected[0]?.name ?? 'nothing', 'containers')}?`,
		items: affected.map(container => containerItem(container)),
		consequences: verb === 'kill' ? [`${affected.length === 1 ? 'It gets' : 'They get'} SIGKILL and cannot shut down cleanly.`] : [],
		command: `holm ${verb} ${names(affected)}`,
		accept: word,
		kept: nothingKept,
		again(now, isByName) {
			const plan = planSignal(verb, found(now.containers, affected, isByName));
			return plan.items.length === 0 ? undefined : plan;
		},
	};
};

/** Pauses the running ones and resumes the paused ones. */
export const planPause = (containers: readonly Container[]): Plan => {
	const paused = planSignal('pause', containers);
	const resumed = planSignal('unpause', containers);
	if (paused.items.length === 0 || resumed.items.length === 0) {
		return resumed.items.length === 0 ? paused : resumed;
	}

	return {
		...resumed,
		title: `Pause ${count(paused.items.length, paused.items[0]!.name, 'containers')} and resume ${count(resumed.items.length, resumed.items[0]!.name, 'containers')}?`,
		first: [paused],
		accept: 'Pause and resume',
		again(now, isByName) {
			const plan = planPause(found(now.containers, containers, isByName));
			return plan.items.length === 0 ? undefined : plan;
		},
	};
};

const removeCommand = (containers: readonly Container[]): string =>
	`holm rm ${containers.some(container => isRunning(container)) ? '--force ' : ''}${names(containers)}`;

/** Plans the removal of containers, running ones by force. */
export const planRemoveContainers = (containers: readonly Container[], snapshot: Snapshot): Plan => {
	const running = containers.filter(container => isRunning(container)).length;
	const volumes = containers.flatMap(container => anonymousVolumes(container, snapshot));
	const addresses = containers.flatMap(({attachments}) => attachments).length;
	const ports = new Set(containers.flatMap(container => container.ports).map(({hostPort, protocol}) => `${hostPort}/${protocol}`)).size;
	return {
		verb: 'removeContainers',
		title: `Remove ${count(containers.length, containers[0]?.name ?? 'nothing', 'containers')}?`,
		items: containers.map(container => removedItem(container)),
		consequences: [
			...(running > 0 ? [`${running} running, will be killed.`] : []),
			containers.length === 1 ? 'Its disk and log are deleted.' : 'Their disks and logs are deleted.',
			`Freed: ${count(addresses, '1 address', 'addresses')}, ${count(ports, '1 published port', 'published ports')}.`,
			...(volumes.length > 0 ? [`Anonymous volumes are kept: ${volumes.join(', ')}`] : []),
		],
		command: removeCommand(containers),
		accept: 'Remove',
		kept: {containers, networks: []},
		again: (now, isByName) => unlessEmpty(found(now.containers, containers, isByName), left => planRemoveContainers(left, now)),
	};
};

/** The step that removes the containers that use something, before it. */
const removeUsers = (users: readonly Container[]): Pick<Plan, 'first' | 'consequences'> => {
	if (users.length === 0) {
		return {consequences: []};
	}

	const running = users.filter(container => isRunning(container)).length;
	return {
		first: [{verb: 'removeContainers', items: users.map(user => removedItem(user)), command: removeCommand(users)}],
		consequences: [
			`${users.length === 1 ? 'The container that uses it is' : `The ${users.length} containers that use it are`} removed first`
			+ `${running > 0 ? `, ${running} of them running` : ''}: `
			+ (users.length === 1 ? 'its disk and log are deleted.' : 'their disks and logs are deleted.'),
		],
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
		items: [{id: builder.id ?? '', name: 'builder', ...willEndBuilds && {risk: 'builds'}, details: [isInUse ? 'building' : builder.state, `cache ${size}`]}],
		consequences: [...willEndBuilds ? ['The builds that run now fail.'] : [], ...effects[verb]],
		command: willEndBuilds ? `${command} --force` : command,
		accept,
		...willEndBuilds && {willEndBuilds},
		kept: nothingKept,
		again: ({builder: now}) => now && planBuilder(verb, now.status),
	};
};

/** Networks of the engine itself, which it does not remove. */
const ownNetworks: ReadonlySet<string> = new Set(['bridge', 'default', 'host', 'none']);

export const isOwnNetwork = ({name}: Pick<Network, 'name'>): boolean => ownNetworks.has(name);

const connectionOf = (container: Container, network: Network): Connection => {
	const wanted = container.configuration.networks.find(each => each.network === network.name || each.network === network.id);
	const attachment = container.attachments.find(({networkId}) => networkId === network.id);
	return {
		containerId: container.id,
		containerName: container.name,
		networkId: network.id,
		network: network.name,
		aliases: wanted?.aliases ?? attachment?.aliases ?? [],
		...wanted?.address !== undefined && {address: wanted.address},
	};
};

const disconnectStep = (network: Network, containers: readonly Container[]): PlanStep => ({
	verb: 'disconnect',
	items: containers.map(({id, name, attachments}) => ({
		id,
		name,
		details: attachments.filter(({networkId, address}) => networkId === network.id && address !== '').map(({address}) => `${address} on ${network.name}`),
	})),
	network: {id: network.id, name: network.name},
	command: containers.map(({name}) => `holm network disconnect ${quoteWord(network.name)} ${quoteWord(name)}`).join('; '),
});

/** Containers that hold a network, so that it cannot be removed. Those that rest do not. */
const holdersOf = ({leases}: Network, {containers}: Pick<Snapshot, 'containers'>): readonly Container[] => {
	const holding = new Set(leases.filter(({isResting}) => !isResting).map(({containerId}) => containerId));
	return containers.filter(({id}) => holding.has(id));
};

/** Plans the removal of networks, without the engine's own. Containers that hold one are disconnected first. */
export const planRemoveNetworks = (given: readonly Network[], snapshot: Pick<Snapshot, 'containers'>): Plan => {
	const networks = given.filter(network => !isOwnNetwork(network));
	const left = given.filter(network => isOwnNetwork(network));
	const held = networks.map(network => ({network, holders: holdersOf(network, snapshot)}));
	const first = held.filter(({holders}) => holders.length > 0);
	const disconnected = [...new Set(first.flatMap(({holders}) => holders.map(({name}) => name)))];
	return {
		verb: 'removeNetworks',
		title: `Remove ${count(networks.length, `network ${networks[0]?.name ?? ''}`, 'networks')}?`,
		items: held.map(({network: {id, name, subnet}, holders}) => ({
			id,
			name,
			details: [subnet, holders.length === 0 ? 'no running containers' : `in use by ${holders.map(holder => holder.name).join(', ')}`],
			...holders.length > 0 && {needs: holders.map(holder => itemKey({verb: 'disconnect', network: {id}}, holder.id))},
		})),
		...first.length > 0 && {first: first.map(({network, holders}) => disconnectStep(network, holders))},
		consequences: [
			...(disconnected.length > 0 ? [`${disconnected.join(', ')} ${disconnected.length === 1 ? 'is disconnected first and keeps' : 'are disconnected first and keep'} running.`] : []),
			`Freed: ${networks.map(({subnet}) => subnet).join(', ')}.`,
			...(left.length > 0 ? [`Left out: ${left.map(({name}) => name).join(', ')}, which the engine needs itself.`] : []),
		],
		command: `holm network rm ${names(networks)}`,
		accept: first.length > 0 ? 'Disconnect and remove' : 'Remove',
		kept: {
			containers: [],
			networks,
			connections: first.flatMap(({network, holders}) => holders.map(holder => connectionOf(holder, network))),
		},
		again: (now, isByName) => unlessEmpty(found(now.networks, networks, isByName), each => planRemoveNetworks(each, now)),
	};
};

/** The first tag of an image, or the start of its id. */
export const imageName = ({tags, id}: Image): string => tags[0] ?? id.replace(/^sha256:/v, '').slice(0, 12);

/** Plans the removal of images with all their tags. Containers of an image are removed first. */
export const planRemoveImages = (images: readonly Image[], {containers}: Pick<Snapshot, 'containers'>): Plan => {
	const usersOf = (image: Image) => containers.filter(({imageId}) => imageId === image.id);
	const users = containers.filter(({imageId}) => images.some(({id}) => id === imageId));
	const {first, consequences} = removeUsers(users);
	return {
		verb: 'removeImages',
		title: `Remove ${count(images.length, imageName(images[0]!), 'images')}?`,
		items: images.map(image => {
			const own = usersOf(image);
			return {
				id: image.id,
				name: imageName(image),
				details: [...image.tags.slice(1), ...(own.length > 0 ? [`used by ${own.map(({name}) => name).join(', ')}`] : [])],
				...image.tags.length > 1 && {risk: image.tags.join(' ')},
				...own.length > 0 && {needs: own.map(({id}) => itemKey({verb: 'removeContainers'}, id))},
			};
		}),
		...first && {first},
		consequences: [...consequences, `${images.length === 1 ? 'It has' : 'They have'} to be pulled or built again.`],
		command: `holm rmi ${images.flatMap(image => image.tags.length === 0 ? [imageName(image)] : image.tags).map(word => quoteWord(word)).join(' ')}`,
		accept: first ? 'Remove all' : 'Remove',
		kept: {containers: users, networks: []},
		again: (now, isByName) => unlessEmpty(foundImages(now.images, images, isByName), left => planRemoveImages(left, now)),
	};
};

/** By their ids, or else by their first tags. */
const foundImages = (all: readonly Image[], wanted: readonly Image[], isByName = false): readonly Image[] =>
	wanted.flatMap(({id, tags: [tag]}) => {
		const byId = all.find(image => image.id === id);
		return byId ?? (isByName && tag !== undefined ? all.find(({tags}) => tags.includes(tag)) : undefined) ?? [];
	});

const isMounting = ({mounts}: Container, volume: Pick<Volume, 'name'>): boolean => mounts.some(mount => mount.type === 'volume' && mount.source === volume.name);

/** Names of the containers that mount a volume. */
export const volumeUsers = (volume: Volume, {containers}: Pick<Snapshot, 'containers'>): readonly string[] =>
	containers.filter(container => isMounting(container, volume)).map(container => container.name);

/** Plans the removal of volumes. Containers that mount one are removed first. */
export const planRemoveVolumes = (volumes: readonly Volume[], snapshot: Pick<Snapshot, 'containers'>): Plan => {
	const usersOf = (volume: Volume) => snapshot.containers.filter(container => isMounting(container, volume));
	const users = snapshot.containers.filter(container => volumes.some(volume => isMounting(container, volume)));
	const {first, consequences} = removeUsers(users);
	return {
		verb: 'removeVolumes',
		title: `Remove ${count(volumes.length, `volume ${volumes[0]?.name ?? ''}`, 'volumes')}?`,
		items: volumes.map(volume => {
			const own = usersOf(volume);
			return {
				id: volume.name,
				name: volume.name,
				details: own.length > 0 ? [`used by ${own.map(({name}) => name).join(', ')}`] : [],
				...own.length > 0 && {needs: own.map(({id}) => itemKey({verb: 'removeContainers'}, id))},
			};
		}),
		...first && {first},
		consequences: [...consequences, `All data in ${volumes.length === 1 ? 'it' : 'them'} is deleted and cannot be restored.`],
		command: `holm volume rm ${names(volumes)}`,
		accept: first ? 'Remove all' : 'Remove',
		kept: {containers: users, networks: []},
		again: now => unlessEmpty(found(now.volumes, volumes), left => planRemoveVolumes(left, now)),
	};
};

export const planDisconnect = (network: Network, containers: readonly Container[]): Plan => ({
	...disconnectStep(network, containers),
	title: `Disconnect ${count(containers.length, containers[0]?.name ?? '', 'containers')} from ${network.name}?`,
	consequences: [`Connections over it are closed, and ${containers.length === 1 ? 'the container\'s' : 'their'} DNS records are removed.`],
	accept: 'Disconnect',
	kept: {...nothingKept, connections: containers.map(container => connectionOf(container, network))},
	again(now, isByName) {
		const [same] = found(now.networks, [network], isByName);
		return same && unlessEmpty(
			found(now.containers, containers, isByName).filter(({attachments}) => attachments.some(({networkId}) => networkId === same.id)),
			left => planDisconnect(same, left),
		);
	},
});

/** Plans the connection of containers to a network, without those that are on it. */
export const planConnect = (network: Network, given: readonly Container[], connections: readonly Connection[] = []): Plan => {
	const containers = given.filter(({attachments}) => !attachments.some(({networkId}) => networkId === network.id));
	return {
		verb: 'connect',
		title: `Connect ${count(containers.length, containers[0]?.name ?? 'nothing', 'containers')} to ${network.name}?`,
		items: containers.map(({id, name, status: {state}}) => {
			const {aliases = [], address} = connections.find(({containerId}) => containerId === id) ?? {};
			return {
				id, name, details: [state], aliases, ...address !== undefined && {address},
			};
		}),
		network: {id: network.id, name: network.name},
		consequences: [],
		command: containers.map(({name}) => `holm network connect ${quoteWord(network.name)} ${quoteWord(name)}`).join('; '),
		accept: 'Connect',
		kept: nothingKept,
		again(now, isByName) {
			const [same] = found(now.networks, [network], isByName);
			const plan = same && planConnect(same, found(now.containers, containers, isByName), connections);
			return plan && plan.items.length > 0 ? plan : undefined;
		},
	};
};

/** A plan of unused items, which is made again only for those still unused. */
const prune = <Kind extends 'containers' | 'networks' | 'images' | 'volumes'>(kind: Kind, snapshot: Snapshot, wanted?: ReadonlySet<string>): Plan | undefined => {
	const plan = pruned(kind, snapshot, wanted);
	return plan && {
		...plan,
		again: (now, isByName) => prune(kind, now, isByName ? undefined : new Set(plan.items.map(({id}) => id))),
	};
};

const pruned = (kind: 'containers' | 'networks' | 'images' | 'volumes', snapshot: Snapshot, wanted?: ReadonlySet<string>): Plan | undefined => {
	const isWanted = ({id, name}: Named) => wanted?.has(id ?? name ?? '') ?? true;
	switch (kind) {
		case 'containers': {
			return unlessEmpty(
				snapshot.containers.filter(container => applies.start(container) && isWanted(container)),
				stopped => planRemoveContainers(stopped, snapshot),
			);
		}

		case 'networks': {
			return unlessEmpty(
				snapshot.networks.filter(network => network.leases.length === 0 && !isOwnNetwork(network) && isWanted(network)),
				unused => planRemoveNetworks(unused, snapshot),
			);
		}

		case 'images': {
			const used = new Set(snapshot.containers.map(({imageId}) => imageId));
			return unlessEmpty(
				snapshot.images.filter(image => image.tags.length === 0 && !used.has(image.id) && isWanted(image)),
				dangling => planRemoveImages(dangling, snapshot),
			);
		}

		case 'volumes': {
			return unlessEmpty(
				snapshot.volumes.filter(volume => volumeUsers(volume, snapshot).length === 0 && isWanted(volume)),
				unused => planRemoveVolumes(unused, snapshot),
			);
		}
	}
};

/** Plans the removal of unused items, listed one by one; undefined if there are none. */
export const planPrune = (kind: 'containers' | 'networks' | 'images' | 'volumes', snapshot: Snapshot): Plan | undefined => prune(kind, snapshot);
