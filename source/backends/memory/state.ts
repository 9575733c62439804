import type {
	Container,
	EngineEvent,
	Image,
	Network,
	PublishedPort,
	Volume,
} from '../../engine/resources.js';
import type {EventLog} from '../../engine/event-log.js';
import type {Wake} from '../../engine/wake.js';
import type {EndRequest} from '../../rules/containers/exit-cause.js';
import type {ExecRecord} from '../../rules/containers/kept-execs.js';
import type {FileTree} from './file-tree.js';
import type {LogRing} from './log-ring.js';
import type {OutputHub} from './output-hub.js';
import type {Pipe} from './pipe.js';
import type {Process, ProgramHost} from './process.js';
import type {Random} from './random.js';
import type {TerminalDevice} from './terminal-device.js';
import type {Timers} from './timers.js';

/** One run of a container. */
export type Run = {
	readonly main: Process;
	readonly startedAt: number;
	/** The container as its programs see it, with all its processes: the main process, those of execs and their children. */
	readonly host: ProgramHost;
	/** `thawed` resolves when the container is unpaused; undefined while it is not paused. */
	frozen?: {readonly thawed: Promise<void>; readonly thaw: () => void};
	/** Why a signal ended it, if known. */
	reason?: string;
	/** What a client asked of it, and may end it. */
	request?: EndRequest;
};

/** A container and its state in the engine. `container` is replaced with every change and never changed, so that it can be returned as it is. */
export type ContainerRecord = {
	readonly id: string;
	readonly name: string;
	container: Container;
	readonly log: LogRing;
	readonly output: OutputHub;
	/** Standard input of the current or next run. */
	input: Pipe;
	terminal?: TerminalDevice;
	readonly files: FileTree;
	run?: Run;
	/** Its ports as configured; host port 0 for any free port. */
	readonly wantedPorts: readonly PublishedPort[];
	/** For statistics: milliseconds it has run before `activeSince`, and since when it runs without a pause. */
	activeMs: number;
	activeSince?: number;
	/** Notified after every change. */
	readonly changed: Wake;
	/** How often it has ended, and how it ended last. */
	exits: number;
	lastExit: {readonly exitCode: number; readonly reason?: string};
	/** It was stopped on request: no policy restarts it. */
	isStopped: boolean;
	isRemoved: boolean;
	/** Cancels the scheduled restart. */
	cancelRestart?: () => void;
	/** Ends the health checks of the current run; undefined while none run. */
	stopHealth?: () => void;
	/** Restarts in a row, for the growing delay. */
	attempts: number;
};

export type Exec = ExecRecord & {terminal?: TerminalDevice};

export type VolumeRecord = {readonly volume: Volume; readonly files: FileTree};

/** An image, and the content of its file system. */
export type ImageRecord = {image: Image; readonly files: FileTree};

/**
The simulated load: logs and failures at times of their own.

Scheduled actions run when the engine is read, at the times they are scheduled for, so that the result does not depend on how often it is read. A timer reads it only while there is a watcher.
*/
export type Simulation = {
	/** The current time, or the time of the action that runs. */
	readonly now: () => number;
	/** Runs an action after a delay in milliseconds; the result cancels it. */
	readonly later: (milliseconds: number, action: () => void) => () => void;
	/** Runs what is scheduled up to now; called before each verb. */
	readonly settle: () => void;
	/** Says that a caller waits for what happens, until the result is disposed of. */
	readonly watch: () => Disposable;
	/** Whether there is simulated load. Without, actions run by timers, and no log is made up. */
	readonly isLively: boolean;
	/** Whether a container's log comes from a generator instead of its program. */
	readonly speaksFor: (container: Container) => boolean;
	/** Begins the log of a container that has started. */
	readonly started: (state: State, record: ContainerRecord) => void;
	/** Runs an action at another time. */
	readonly at: (moment: number, action: () => void) => void;
};

/** A network without its leases, which are the attachments of the containers. */
export type NetworkRecord = Omit<Network, 'leases'>;

/** The whole state of an engine. */
export type State = Omit<Simulation, 'at'> & {
	readonly random: Random;
	readonly timers: Timers;
	readonly events: EventLog;
	readonly containers: Map<string, ContainerRecord>;
	readonly networks: Map<string, NetworkRecord>;
	readonly volumes: Map<string, VolumeRecord>;
	/** By id. */
	readonly images: Map<string, ImageRecord>;
	readonly execs: Map<string, Exec>;
	/** Directories of the host by path, which begin empty. */
	readonly hostDirectories: Map<string, FileTree>;
};

/** Publishes an event at the current time. */
export const publish = ({events, now}: State, event: Omit<EngineEvent, 'time'>): void => {
	events.publish({time: now(), ...event});
};

/** Publishes an event of a container, with the attributes that Docker gives: image, name and labels. */
export const publishOf = (state: State, {container}: ContainerRecord, action: string, attributes: EngineEvent['attributes'] = {}): void => {
	publish(state, {type: 'container', action, id: container.id, attributes: {
		...container.configuration.labels, image: container.configuration.image, name: container.name, ...attributes,
	}});
};
