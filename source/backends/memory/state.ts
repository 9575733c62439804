import type {ExecConfiguration} from '../../engine/execs.js';
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
import type {DirectoryNode} from './file-node.js';
import type {FileTree} from './file-tree.js';
import type {LogRing} from './log-ring.js';
import type {OutputHub} from './output-hub.js';
import type {Pipe} from './pipe.js';
import type {Process} from './process.js';
import type {Random} from './random.js';
import type {TerminalDevice} from './terminal-device.js';
import type {Timers} from './timers.js';

/** What a container has while it runs. */
export type Run = {
	readonly main: Process;
	readonly startedAt: number;
	/** Starts the container once more; throws as its start does. */
	readonly startAgain: () => void;
	/** Of the whole container: the main one and those of execs. */
	readonly processes: Map<number, Pick<Process, 'pid' | 'command' | 'user' | 'startedAt' | 'kill'>>;
	/** Resolves when the container is no longer paused; undefined while it is not. */
	frozen?: {readonly thawed: Promise<void>; readonly thaw: () => void};
	/** Why a signal that ends it was sent, where it was not the process's own decision. */
	reason?: string;
};

/** A container and what it takes to run it. `container` is replaced whole with every change, so that it can be handed out as it is. */
export type ContainerRecord = {
	readonly id: string;
	readonly name: string;
	container: Container;
	readonly log: LogRing;
	readonly output: OutputHub;
	/** Standard input of the next or present run. */
	input: Pipe;
	terminal?: TerminalDevice;
	readonly files: FileTree;
	/** What its files were at the beginning. */
	readonly original: DirectoryNode;
	run?: Run;
	/** Its ports as they were asked for, with 0 where any will do. */
	readonly wantedPorts: readonly PublishedPort[];
	/** Milliseconds for which it ran in all before `activeSince`, and since when it runs; for counters. */
	activeMs: number;
	activeSince?: number;
	/** Told after every change of its state. */
	readonly changed: Wake;
	/** How often it has ended, and how the last time. */
	exits: number;
	lastExit: {readonly exitCode: number; readonly reason?: string};
	/** Somebody asked it to stop, so that no policy starts it again. */
	isStopped: boolean;
	isRemoved: boolean;
	/** Takes back a restart that is to come. */
	cancelRestart?: () => void;
	/** How many restarts in a row. */
	attempts: number;
};

export type ExecRecord = {
	readonly id: string;
	readonly containerId: string;
	readonly configuration: ExecConfiguration;
	state: 'created' | 'running' | 'ended';
	exitCode?: number;
	terminal?: TerminalDevice;
};

export type VolumeRecord = {readonly volume: Volume; readonly files: FileTree};

/** An image, and the content of its file system. */
export type ImageRecord = {image: Image; readonly files: FileTree};

/**
What goes on by itself in a lively engine, in the order of its own time.

Nothing happens while nobody looks: whoever looks has everything up to the present happen first, with the times that it would have had, so that it is the same however often one looks. Only while somebody watches a timer looks for them.
*/
export type Simulation = {
	/** The present, or the moment of what is just happening. */
	readonly now: () => number;
	/** Runs an action when so much time has passed; the result takes that back. */
	readonly later: (milliseconds: number, action: () => void) => () => void;
	readonly settle: () => void;
	readonly watch: () => () => void;
	/** Whether a container's words come from here instead of its program. */
	readonly speaksFor: (container: Container) => boolean;
	/** Lets a container that has just started speak. */
	readonly started: (state: State, record: ContainerRecord) => void;
	/** Runs something as if it were another moment. */
	readonly at: (moment: number, action: () => void) => void;
};

/** Everything that an engine in memory is. */
export type State = {
	readonly now: () => number;
	readonly random: Random;
	readonly timers: Timers;
	readonly events: EventLog;
	readonly containers: Map<string, ContainerRecord>;
	readonly networks: Map<string, Network>;
	readonly volumes: Map<string, VolumeRecord>;
	/** By id. */
	readonly images: Map<string, ImageRecord>;
	readonly execs: Map<string, ExecRecord>;
	/** What was pushed, by name in full. */
	readonly registry: Map<string, {readonly image: Image; readonly files: FileTree}>;
	/** What stands for directories of the host, by path. */
	readonly hostDirectories: Map<string, FileTree>;
	/** What a lively engine does by itself. */
	simulation?: Simulation;
	/** Runs an action when so much time has passed; the result takes that back. */
	later: (milliseconds: number, action: () => void) => () => void;
	/** Brings what happens by itself up to the present; called before anything is read. */
	settle: () => void;
	/** Says that somebody waits for what happens; the result ends that. */
	watch: () => () => void;
};

/** Publishes an event of now. */
export const publish = ({events, now}: State, type: EngineEvent['type'], action: string, id: string, attributes: EngineEvent['attributes'] = {}): void => {
	events.publish({time: now(), type, action, id, attributes});
};

/** Publishes an event of a container, with the attributes that Docker gives: image, name and labels. */
export const publishOf = (state: State, {container}: ContainerRecord, action: string, attributes: EngineEvent['attributes'] = {}): void => {
	publish(state, 'container', action, container.id, {
		...container.configuration.labels, image: container.configuration.image, name: container.name, ...attributes,
	});
};
