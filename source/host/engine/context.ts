import type {Writable} from 'node:stream';
import type {EventLog} from '../../engine/event-log.js';
import {createWake, type Wake} from '../../engine/wake.js';
import type {
	Attachment,
	Container,
	EngineEvent,
	NetworkConfiguration,
} from '../../engine/resources.js';
import type {EndRequest} from '../../rules/containers/exit-cause.js';
import type {Forwarder} from '../bridges/forwarder.js';
import type {Namespace} from '../bridges/namespace.js';
import type {LogKeeper} from '../containers/log-keeper.js';
import type {NameServer} from '../dns/server.js';
import type {Guest} from '../guest.js';
import type {Disks} from '../images/disk.js';
import type {ImageStore} from '../images/storage.js';
import type {Machine} from '../machines/running-machine.js';
import {writeRecord} from '../store/records.js';
import type {Paths} from '../store/paths.js';
import {createQueue, type Queue} from '../../engine/queue.js';

/** A network as it is stored. Its leases are the attachments of the containers. */
export type NetworkRecord = Required<Omit<NetworkConfiguration, 'ipRange' | 'auxiliaryAddresses' | 'options'>> & Pick<NetworkConfiguration, 'ipRange' | 'auxiliaryAddresses' | 'options'> & {
	readonly id: string;
	readonly createdAt: number;
	/** The network of the builder leads out, and neither to the host nor to other machines. It is in no list. */
	readonly role?: 'builder';
};

/** A container as it is stored. */
export type ContainerRecord = {
	readonly container: Container;
	/** The user stopped it, so `unless-stopped` leaves it alone. */
	readonly isStoppedByUser: boolean;
	/** Names of its network devices in the guest, by endpoint id; empty when it does not run. */
	readonly devices: Readonly<Record<string, string>>;
};

/** The state of a container's run. */
export type Run =
	/** No VM, and none is being started. */
	| {readonly state: 'idle'}
	/** Until its process runs. */
	| {
		readonly state: 'starting';
		/** Aborts the start at once; its reason becomes the error of the start. */
		readonly giveUp: AbortController;
		/** Resolves when the process runs, or when a failed start is cleaned up. */
		readonly over: Promise<void>;
	}
	| {
		readonly state: 'live';
		readonly machine: Machine;
		/** When the engine heard that its process runs, of `performance.now()`. */
		readonly since: number;
		/** Standard input of the process; opened at the first write. */
		stdin?: Promise<Writable>;
		/** Resolves when the run is cleaned up. */
		readonly over: Promise<void>;
	}
	/** Its VM has ended and is being removed. */
	| {readonly state: 'ending'; readonly over: Promise<void>}
	/** Its restart policy starts it again after a delay. */
	| {readonly state: 'waiting'; readonly timer: NodeJS.Timeout};

/** A container in a running engine: its record, which `saveContainer` stores, and what only this engine knows. */
export type Entry = {-readonly [Field in keyof ContainerRecord]: ContainerRecord[Field]} & {
	run: Run;
	/** What was asked of the current run, and may end it. */
	endRequest?: EndRequest;
	/** A forced removal is in progress: nothing starts the container any more. */
	isBeingRemoved: boolean;
	/** Aborts at the end of the current run, or of the next one if there is none. */
	ended: AbortController;
	/** Attached sessions. Each resolves when its output has ended and was read. */
	readonly attached: Set<Promise<unknown>>;
	/** Notified at each start and each end, after `ended` has aborted. */
	readonly changed: Wake;
	/** Resolves when the container is removed. */
	readonly removed: PromiseWithResolvers<void>;
	/** Restarts by policy without a long run in between; determines the delay of the next one. */
	restartsInARow: number;
	/** Runs verbs that change the container one at a time. */
	readonly queue: Queue;
};

/** What the parts of one engine share. */
export type Context = {
	readonly paths: Paths;
	readonly guest: Guest;
	readonly images: ImageStore;
	readonly disks: Disks;
	readonly namespace: Namespace;
	readonly nameServer: NameServer;
	readonly forwarder: Forwarder;
	readonly logKeeper: LogKeeper;
	readonly events: EventLog;
	readonly containers: Map<string, Entry>;
	readonly networks: Map<string, NetworkRecord>;
	/** Ids of the containers that have taken their addresses: from their start until its run is cleaned up. */
	readonly connected: Set<string>;
	/** Serializes what allocates names and addresses. */
	readonly registry: Queue;
	/** Writes a line to the daemon's log. */
	readonly log: (line: string) => void;
};

/** The socket of the builder's API in its machine. */
export const builderService = '/run/holm/docker.sock';

/** Name of the builder's container and of its network. */
export const builderName = 'holm-builder';

/** The containers that users have made. */
export const usersContainers = ({containers}: Pick<Context, 'containers'>): readonly Entry[] =>
	[...containers.values()].filter(({container}) => container.role === undefined);

/** The builder's container, if there is one. */
export const findBuilder = ({containers}: Pick<Context, 'containers'>): Entry | undefined =>
	containers.values().find(({container}) => container.role === 'builder');

/** The default network; `default` is an alias. */
export const defaultNetwork = 'bridge';

export const newEntry = (record: ContainerRecord): Entry => ({
	...record,
	ended: new AbortController(),
	run: {state: 'idle'},
	isBeingRemoved: false,
	attached: new Set(),
	changed: createWake(),
	removed: Promise.withResolvers(),
	restartsInARow: 0,
	queue: createQueue(),
});

/** The VM of a running container. */
export const machineOf = ({run}: Entry): Machine | undefined => run.state === 'live' ? run.machine : undefined;

/** Resolves when a run that has ended is cleaned up. */
export const waitForCleanup = async ({run}: Entry): Promise<void> => {
	if (run.state === 'ending') {
		await run.over;
	}
};

export const isLive = ({container: {status}}: Entry): boolean => status.state === 'running' || status.state === 'paused';

/** Whether it runs, or its restart policy will start it again. */
export const isActive = (entry: Entry): boolean => isLive(entry) || entry.container.status.state === 'restarting';

export const saveContainer = async ({paths}: Context, {container, isStoppedByUser, devices}: Entry): Promise<void> => {
	await writeRecord(paths.container(container.id).record, {container, isStoppedByUser, devices} satisfies ContainerRecord);
};

export const publish = ({events}: Context, event: Omit<EngineEvent, 'time'>): void => {
	events.publish({time: Date.now(), ...event});
};

/** Publishes the events of the networks that a container has joined or left; default all of its networks. */
export const publishNetworkEvents = (
	context: Context,
	{container}: Entry,
	action: 'connect' | 'disconnect',
	attachments: readonly Attachment[] = container.attachments,
): void => {
	for (const {networkId, network} of attachments) {
		publish(context, {type: 'network', action, id: networkId, attributes: {container: container.id, name: network, type: 'bridge'}});
	}
};

/** Publishes an event of a container, with Docker's attributes. */
export const publishContainer = (
	context: Context,
	{container}: Entry,
	action: string,
	attributes: Readonly<Record<string, string>> = {},
): void => {
	const {id, name, configuration: {labels, image}} = container;
	publish(context, {type: 'container', action, id, attributes: {...labels, image, name, ...attributes}});
};
