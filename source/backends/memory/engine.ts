import {randomInt} from 'node:crypto';
import type {Engine} from '../../engine/engine.js';
import {createEventLog} from '../../engine/event-log.js';
import {defaultNetwork} from '../../engine/networks.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {changesVerbs} from './changes.js';
import {commitsVerbs} from './commits.js';
import {containersVerbs} from './containers.js';
import {eventsVerbs} from './events.js';
import {execsVerbs} from './execs.js';
import {imagesVerbs} from './images.js';
import {lifecycleVerbs} from './lifecycle.js';
import {logsVerbs} from './logs.js';
import {sessionsVerbs} from './sessions.js';
import {snapshotVerbs} from './snapshot.js';
import {statsVerbs} from './stats.js';
import {systemVerbs} from './system.js';
import {transferVerbs} from './transfer.js';
import {volumesVerbs} from './volumes.js';
import {recordOf} from './image-store.js';
import {knownImages} from './known-images.js';
import {fill} from './simulation/populate.js';
import {manyProjects, projects} from './simulation/projects.js';
import {createSimulation} from './simulation/simulation.js';
import {addNetwork, networksVerbs} from './networks.js';
import {createRandom} from './random.js';
import type {State} from './state.js';
import {createTimers} from './timers.js';

export type MemoryOptions = {
	/** Adds simulated projects, whose logs and statistics go on. */
	readonly lively?: boolean;
	/** How many simulated containers to add, and on how many networks; default none, or with `lively` those of three projects. */
	readonly containers?: number;
	readonly networks?: number;
	/** The same seed gives the same engine; default random, with `lively` 1. */
	readonly seed?: number;
	/** Milliseconds since the epoch; default the clock of the host. */
	readonly now?: () => number;
};

export type MemoryEngine = Engine & {
	/** Ends all timers and processes. */
	close: () => void;
};

type Verb = (...words: readonly unknown[]) => unknown;

/** Verbs before which what the simulation has scheduled up to now runs. */
const settled = <Verbs extends object>({settle}: State, verbs: Verbs): Verbs =>
	Object.fromEntries(Object.entries(verbs).map(([name, verb]: [string, Verb]) => [name, (...words: readonly unknown[]) => {
		settle();
		return verb(...words);
	}])) as Verbs;

/**
An `Engine` in memory, for the demo and for tests. Containers run built-in programs in place of their image's.

It begins with a few images and the default network. No timer runs while no caller waits for anything.
*/
export const createMemoryEngine = (options: MemoryOptions = {}): MemoryEngine => {
	const {lively = false, containers, networks, seed = lively ? 1 : randomInt(2 ** 47), now = Date.now} = options;
	const timers = createTimers();
	const simulation = createSimulation({
		clock: now, timers, seed, isLively: lively,
	});
	const state: State = {
		...simulation,
		random: createRandom(seed),
		timers,
		events: createEventLog(),
		containers: new Map(),
		networks: new Map(),
		volumes: new Map(),
		images: new Map(),
		execs: new Map(),
		hostDirectories: new Map(),
	};
	const id = state.random.hex(32);
	for (const record of knownImages.filter(({isPresent}) => isPresent).map(known => recordOf(known))) {
		state.images.set(record.image.id, record);
	}

	addNetwork(state, {
		name: defaultNetwork, internal: false, labels: {}, driver: 'bridge',
	});
	if (lively || containers !== undefined || networks !== undefined) {
		fill(state, simulation, containers === undefined && networks === undefined ? projects : manyProjects(containers ?? 0, networks ?? 3));
	}

	return {
		...settled(state, {
			...systemVerbs(state, id),
			...eventsVerbs(state),
			...containersVerbs(state),
			...lifecycleVerbs(state),
			...logsVerbs(state),
			...sessionsVerbs(state),
			...execsVerbs(state),
			...statsVerbs(state),
			...archivesVerbs(state),
			...changesVerbs(state),
			...commitsVerbs(state),
			...networksVerbs(state),
			...imagesVerbs(state),
			...transferVerbs(state),
			...buildVerbs(state),
			...volumesVerbs(state),
			...snapshotVerbs(state),
		}),
		close() {
			timers.close();
			for (const {run} of state.containers.values()) {
				for (const process of run?.host.processes.values() ?? []) {
					process.kill(9);
				}
			}
		},
	};
};
