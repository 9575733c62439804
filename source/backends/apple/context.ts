import {randomBytes} from 'node:crypto';
import type {HolmError} from '../../engine/errors.js';
import {createEventLog, type EventLog, type EventStore} from '../../engine/event-log.js';
import {createQueue, type Queue} from '../../engine/queue.js';
import type {Container, EngineEvent, Network} from '../../engine/resources.js';
import {createWake, type Wake} from '../../engine/wake.js';
import type {ExecRecord} from '../../rules/containers/kept-execs.js';
import {findProgram} from './find-program.js';
import type {Following, Offsets} from './follow.js';
import {tellingTransport} from './polling/changes-of.js';
import {createList, type List} from './polling/list.js';
import type {ListName} from './polling/plan.js';
import {createProgram, type Program} from './program.js';
import type {Execution, Transport} from './transport.js';

/** One run of a container that this process watches. */
export type Run = {
	readonly startedAt: number;
	/** Where its output begins. */
	from: Offsets;
	/** Resolves when it has ended and everything after that is done, or when it is not watched any more. */
	readonly over: Promise<void>;
	readonly settle: () => void;
	following?: Following;
	/** Another process has started it: its end is seen in the list. */
	readonly isAdopted?: boolean;
	/** A signal that Holm sent and after which Apple may lose the status. */
	isKilled: boolean;
};

export type Exec = ExecRecord & {execution?: Execution};

/** What this process knows of a container beside what is on the host. */
export type Live = {
	readonly id: string;
	/** Notified after every change. */
	readonly changed: Wake;
	run?: Run;
	/** A restart that is to come. */
	cancelRestart?: () => void;
	/** The restart has begun. */
	isRestarting?: boolean;
	/** Restarts in a row, for the growing delay. */
	attempts: number;
	/** It was stopped on request: no policy restarts it. */
	isStopped: boolean;
	isRemoved: boolean;
	exits: number;
	lastExit: {readonly exitCode: number; readonly reason?: string};
	/** Why its run is not watched any more; those who waited for it fail with this. */
	lost?: HolmError;
	/** Take all output that there is, for each who is attached or follows the log. */
	readonly finishers: Set<() => Promise<void>>;
	health?: Container['health'];
	stopHealth?: () => void;
};

/** What those who look again and again have found the service to be. */
export type Service = {
	/** Why it did not answer, and when it was asked last, in milliseconds of `performance.now()`. */
	down?: {readonly error: HolmError; readonly askedAt: number};
};

export type Context = {
	readonly transport: Transport;
	/** Apple's program, which is looked for once. */
	readonly program: () => Promise<Program>;
	readonly events: EventLog;
	/** By id. */
	readonly lives: Map<string, Live>;
	readonly execs: Map<string, Exec>;
	/** By Apple's name. */
	networks: ReadonlyMap<string, Pick<Network, 'id' | 'name' | 'gateway'>>;
	/** Later than all that were given before, in milliseconds. */
	readonly newMoment: () => number;
	/** What the events of this engine have told so far, for those who look for changes of others. */
	readonly told: Map<string, string>;
	/** How many changes of this engine's own were begun and ended: while they go on, a list may show half of them. */
	readonly changes: {begun: number; ended: number};
	/** Called when the connection to the host is lost. */
	readonly onLost: Set<(error: HolmError) => void>;
	/** What was listed last. */
	readonly lists: Readonly<Record<ListName, List>>;
	readonly service: Service;
	/** Takes what went wrong where nobody waits for it. */
	readonly log: (line: string) => void;
	/** Verbs that make or remove things run one after another. */
	readonly inTurn: Queue;
	/** This process keeps what others have started, too, such as the times of their output. */
	readonly isKeeper: boolean;
};

export const newId = (): string => randomBytes(32).toString('hex');

/** Watches a run no longer: it goes on, but nobody here hears of its end. */
export const loseRun = (live: Live, error: HolmError): void => {
	const {run} = live;
	if (run) {
		live.lost = error;
		live.run = undefined;
		live.stopHealth?.();
		live.stopHealth = undefined;
		run.following?.close();
		live.changed.notify();
		run.settle();
	}
};

/** Throws the error of a run that is not watched any more. */
export const assertWatched = ({lost}: Live): void => {
	if (lost) {
		throw lost;
	}
};

export type AppleOptions = {
	/** Milliseconds that the program may take for an answer; default 15 seconds. What pulls, boots or builds has no limit. */
	readonly limitMs?: number;
	/** Called with what went wrong where nobody waits for it, such as a restart by policy; default nothing is logged. */
	readonly log?: (line: string) => void;
	/** Keeps events beyond this process; default none. */
	readonly eventStore?: EventStore;
	/** This process stays, and keeps what others have started, too; default false. */
	readonly isKeeper?: boolean;
};

export const createContext = (given: Transport, {limitMs, log = () => {}, eventStore, isKeeper = false}: AppleOptions = {}): Context => {
	let found: Promise<Program> | undefined;
	let moment = 0;
	const lives = new Map<string, Live>();
	const onLost = new Set<(error: HolmError) => void>();
	given.onLost?.(error => {
		for (const live of lives.values()) {
			loseRun(live, error);
		}

		for (const listener of onLost) {
			listener(error);
		}
	});
	const lists = {containers: createList(), networks: createList(), images: createList(), volumes: createList()};
	const transport = tellingTransport(given, kinds => {
		for (const kind of kinds) {
			lists[kind].forget();
		}
	});
	return {
		transport,
		async program() {
			found ??= (async () => createProgram(transport, await findProgram(transport, limitMs), limitMs))();
			try {
				return await found;
			} catch (error) {
				// It may be installed later.
				found = undefined;
				throw error;
			}
		},
		events: createEventLog(eventStore),
		lives,
		execs: new Map(),
		networks: new Map(),
		newMoment() {
			moment = Math.max(Date.now(), moment + 1);
			return moment;
		},
		told: new Map(),
		changes: {begun: 0, ended: 0},
		onLost,
		lists,
		service: {},
		log,
		inTurn: createQueue(),
		isKeeper,
	};
};

export const liveOf = ({lives}: Context, id: string): Live => {
	const live = lives.get(id) ?? {
		id, changed: createWake(), attempts: 0, isStopped: false, isRemoved: false, exits: 0, lastExit: {exitCode: 0}, finishers: new Set(),
	};
	lives.set(id, live);
	return live;
};

/** Keeps the process alive while somebody waits: what this engine has started on the host does not. */
export const held = async <Value>(action: () => Promise<Value>): Promise<Value> => {
	const timer = setInterval(() => undefined, 2 ** 30);
	try {
		return await action();
	} finally {
		clearInterval(timer);
	}
};

/** Makes a change that this engine tells of by itself. */
export const changing = async <Value>({changes}: Context, action: () => Promise<Value>): Promise<Value> => {
	changes.begun++;
	try {
		return await action();
	} finally {
		changes.ended++;
	}
};

export const publish = ({events}: Context, event: Omit<EngineEvent, 'time'>): void => {
	events.publish({time: Date.now(), ...event});
};

/** Publishes an event of a container, with the attributes that Docker gives. */
export const publishOf = (
	context: Context,
	{container}: {readonly container: Pick<Container, 'id' | 'name' | 'configuration'>},
	action: string,
	attributes: EngineEvent['attributes'] = {},
): void => {
	publish(context, {type: 'container', action, id: container.id, attributes: {
		...container.configuration.labels, image: container.configuration.image, name: container.name, ...attributes,
	}});
};
