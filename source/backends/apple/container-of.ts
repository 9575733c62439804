import type {
	Attachment,
	Container,
	ContainerConfiguration,
	ContainerStatus,
	Mount,
} from '../../engine/resources.js';
import {defaultNetwork} from '../../engine/networks.js';
import {plainContainer} from '../../engine/plain-container.js';
import type {AppleContainer, AppleMount} from './decode/container.js';
import type {ContainerNotes} from './container-notes.js';
import {derivedId, withoutNotes} from './notes.js';
import type {Stored} from './records.js';

/** A network by Apple's name. */
export type NetworkNames = (appleName: string) => {readonly id: string; readonly name: string};

/** What this process knows of a container beside its documents. */
export type Known = {
	readonly health?: Container['health'];
	/** A restart is to come. */
	readonly isWaiting?: boolean;
};

const mountOf = ({type, name, source, destination, options}: AppleMount): Mount => {
	const isReadOnly = options.includes('ro');
	if (type === 'tmpfs') {
		return {type: 'tmpfs', target: destination, readOnly: isReadOnly, options: options.filter(option => option !== 'ro')};
	}

	return type === 'volume' ? {
		type: 'volume',
		source: name,
		target: destination,
		readOnly: isReadOnly,
	} : {type: 'bind', source, target: destination, readOnly: isReadOnly};
};

/** The configuration of a container that Holm has not made. */
const configurationOf = (apple: AppleContainer, nameOf: NetworkNames): ContainerConfiguration => ({
	...plainContainer,
	image: apple.reference,
	name: apple.id,
	command: apple.process.arguments,
	environment: apple.process.environment,
	workingDirectory: apple.process.workingDirectory,
	...apple.process.user !== '' && {user: apple.process.user},
	terminal: apple.process.terminal,
	labels: withoutNotes(apple.labels),
	networks: apple.networks.map(network => ({network: nameOf(network).name, aliases: []})),
	ports: apple.ports,
	mounts: apple.mounts.map(mount => mountOf(mount)),
	dnsServers: apple.dnsServers,
	dnsSearch: apple.dnsSearch,
	...apple.cpus > 0 && {cpus: apple.cpus},
	...apple.memoryBytes > 0 && {memory: apple.memoryBytes},
	readOnlyRoot: apple.readOnly,
	init: apple.init,
	capabilitiesToAdd: apple.capabilitiesToAdd,
	capabilitiesToDrop: apple.capabilitiesToDrop,
	...apple.stopSignal !== '' && {stopSignal: apple.stopSignal},
});

/** Why the status of an ended process is not known. */
export const unknownStatus = 'its exit status is not kept by Apple\'s container';

const isLive = ({state, startedDate}: AppleContainer, {exit, keeper, state: {startedDate: seen}}: Stored): boolean => {
	if (state === 'running' || state === 'stopping') {
		// The service may hear of an end later than the keeper.
		return exit === undefined || (startedDate ?? 0) > exit.finishedAt;
	}

	return keeper !== undefined && exit === undefined && seen !== undefined;
};

export const statusOf = (apple: AppleContainer, stored: Stored, {isWaiting = false}: Known = {}): ContainerStatus => {
	const {exit, keeper, state: {startedAt: began, startedDate: seen, failure}} = stored;
	// Others may have started it since.
	const isOurs = seen === undefined || seen === apple.startedDate || apple.startedDate === undefined;
	const startedAt = began !== undefined && isOurs ? began : apple.startedDate ?? apple.createdAt;
	if (isLive(apple, stored)) {
		return {state: 'running', pid: keeper ?? 0, startedAt};
	}

	if (failure) {
		const {exitCode, finishedAt, reason} = failure;
		return {state: 'exited', exitCode, reason, outOfMemory: false, startedAt, finishedAt};
	}

	if (exit === undefined) {
		return apple.startedDate === undefined && (began === undefined || seen === undefined)
			? {state: 'created'}
			: {state: 'exited', exitCode: 255, reason: unknownStatus, outOfMemory: false, startedAt, finishedAt: startedAt};
	}

	const finishedAt = Math.max(exit.finishedAt, startedAt);
	return isWaiting
		? {state: 'restarting', exitCode: exit.exitCode, finishedAt}
		: {state: 'exited', exitCode: exit.exitCode, outOfMemory: false, startedAt, finishedAt};
};

type Attaching = {
	readonly id: string;
	readonly apple: AppleContainer;
	readonly configuration: ContainerConfiguration;
	readonly nameOf: NetworkNames;
	readonly isRunning: boolean;
};

/** The devices of a container: with addresses while it runs. */
const attachmentsOf = ({id, apple, configuration, nameOf, isRunning}: Attaching): readonly Attachment[] =>
	apple.networks.filter(network => network !== 'none').map(network => {
		const {id: networkId, name} = nameOf(network);
		const found = isRunning ? apple.addresses.find(other => other.network === network) : undefined;
		const {aliases = []} = configuration.networks.find(wanted => wanted.network === name || wanted.network === networkId) ?? {};
		return {
			network: name,
			networkId,
			endpointId: derivedId('endpoint', id, networkId),
			address: found?.address ?? '',
			prefixLength: found?.prefixLength ?? 0,
			gateway: found?.gateway ?? '',
			mac: found?.mac ?? '',
			aliases: name === defaultNetwork ? [] : aliases,
		};
	});

export type ContainerParts = {
	readonly apple: AppleContainer;
	readonly notes?: ContainerNotes;
	readonly stored: Stored;
	readonly nameOf: NetworkNames;
	readonly known?: Known;
};

/** What Apple tells of a container that Holm has not made. */
const foreignOf = (apple: AppleContainer, nameOf: NetworkNames) => {
	const {terminal: _, ...process} = apple.process;
	return {
		id: derivedId('container', apple.id, apple.createdAt),
		name: apple.id,
		createdAt: apple.createdAt,
		imageId: apple.imageDigest,
		configuration: configurationOf(apple, nameOf),
		process,
		ports: apple.ports,
		exposedPorts: [...new Set(apple.ports.map(({containerPort, protocol}) => `${containerPort}/${protocol}`))],
		mounts: apple.mounts.map(mount => mountOf(mount)),
		healthcheck: undefined,
	};
};

const notedOf = ({reference}: AppleContainer, notes: ContainerNotes) => ({
	...notes, configuration: {...plainContainer, image: reference, ...notes.configuration},
});

/** A container, from what Apple lists, what Holm has noted in it and its records. */
export const containerOf = ({apple, notes, stored, nameOf, known = {}}: ContainerParts): Container => {
	const asked = notes ? notedOf(apple, notes) : foreignOf(apple, nameOf);
	const {id, healthcheck} = asked;
	const {name = asked.name, restartPolicy, links, restartCount = 0} = stored.state;
	const status = statusOf(apple, stored, known);
	const isRunning = status.state === 'running';
	const configuration: ContainerConfiguration = {...asked.configuration, name, ...restartPolicy && {restartPolicy}, ...links && {links}};
	return {
		id,
		name,
		createdAt: asked.createdAt,
		imageId: asked.imageId,
		configuration,
		process: asked.process,
		status,
		...healthcheck && {healthcheck},
		...known.health && {health: known.health},
		attachments: attachmentsOf({id, apple, configuration, nameOf, isRunning}),
		ports: isRunning ? apple.ports : asked.ports,
		exposedPorts: asked.exposedPorts,
		mounts: asked.mounts,
		restartCount,
		...isRunning && {machine: {
			accelerator: 'hvf' as const, cpus: apple.cpus || 1, memoryBytes: apple.memoryBytes, kernel: '', phases: [],
		}},
	};
};
