import {HolmError} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import type {Entry} from './context.js';

/** The state of a container's run, as verbs see it. */
export type Phase =
	/** Created or exited. */
	| 'stopped'
	/** Until its process runs. */
	| 'starting'
	| 'running'
	| 'paused'
	/** Paused by QEMU because the host's disk is full. */
	| 'stalled'
	/** Its VM has ended and is being removed. */
	| 'ending'
	/** Its restart policy starts it again after a delay. */
	| 'restarting';

/** Verbs that depend on the phase; `signal` is a kill with any signal but SIGKILL, `use` is everything that needs a guest that answers. */
export type PhasedVerb = 'start' | 'stop' | 'kill' | 'signal' | 'pause' | 'unpause' | 'remove' | 'attach' | 'resize' | 'use';

type Refusal = (container: Container) => HolmError;

export const phaseOf = ({container: {status}, run}: Pick<Entry, 'container' | 'run'>): Phase => {
	switch (run.state) {
		case 'starting': {
			return 'starting';
		}

		case 'ending': {
			return status.state === 'restarting' ? 'restarting' : 'ending';
		}

		case 'live': {
			return status.state === 'paused' ? 'paused' : (run.machine.isOutOfSpace() ? 'stalled' : 'running');
		}

		case 'idle':
		case 'waiting': {
			return status.state === 'restarting' ? 'restarting' : 'stopped';
		}
	}
};

const conflict = (message: (container: Container) => string, remedy: (name: string) => string): Refusal =>
	container => new HolmError('conflict', message(container), {remedy: remedy(container.name)});

const notRunning = conflict(({name}) => `container ${name} is not running`, name => `holm start ${name}`);
const paused = conflict(({name}) => `container ${name} is paused`, name => `holm unpause ${name}`);
const stalled: Refusal = ({name}) => new HolmError('unavailable', `container ${name} is stalled: the host's disk is full`, {remedy: 'free some space; it resumes by itself'});
const notPaused = conflict(({name}) => `container ${name} is not paused`, () => 'holm ps -a shows its state');
const runsAlready: Refusal = ({name}) => new HolmError('not-modified', `container ${name} runs already`);
const stoppedAlready: Refusal = ({name}) => new HolmError('not-modified', `container ${name} does not run`);
const notKilled = conflict(({name, id}) => `Cannot kill container: ${name}: container ${id.slice(0, 12)} is not running`, name => `holm start ${name}`);
const inUse = (state: (container: Container) => string): Refusal =>
	conflict(container => `cannot remove container "${container.name}": container is ${state(container)}: stop the container before removing or force remove`, name => `holm rm -f ${name}`);
const active = inUse(({status}) => status.state);

/** The error of each verb in each phase; undefined where the verb is allowed. */
export const refusals: Readonly<Record<PhasedVerb, Readonly<Record<Phase, Refusal | undefined>>>> = {
	start: {
		stopped: undefined,
		starting: undefined,
		running: runsAlready,
		paused: conflict(({name}) => `cannot start a paused container, try unpause instead: ${name}`, name => `holm unpause ${name}`),
		stalled: runsAlready,
		ending: undefined,
		restarting: undefined,
	},
	stop: {
		stopped: stoppedAlready,
		starting: undefined,
		running: undefined,
		paused: undefined,
		stalled: undefined,
		ending: stoppedAlready,
		restarting: undefined,
	},
	kill: {
		stopped: notKilled,
		starting: undefined,
		running: undefined,
		paused: undefined,
		stalled: undefined,
		ending: notKilled,
		restarting: notKilled,
	},
	signal: {
		stopped: notKilled,
		starting: conflict(({name}) => `container ${name} is being started, and its process takes no signals yet`, name => `end it: holm kill ${name}`),
		running: undefined,
		paused,
		stalled: undefined,
		ending: notKilled,
		restarting: notKilled,
	},
	pause: {
		stopped: notRunning,
		starting: notRunning,
		running: undefined,
		paused,
		stalled,
		ending: notRunning,
		restarting: notRunning,
	},
	unpause: {
		stopped: notPaused,
		starting: notPaused,
		running: notPaused,
		paused: undefined,
		stalled: notPaused,
		ending: notPaused,
		restarting: notPaused,
	},
	remove: {
		stopped: undefined,
		starting: inUse(() => 'being started'),
		running: active,
		paused: active,
		stalled: active,
		ending: undefined,
		restarting: active,
	},
	attach: {
		stopped: undefined,
		starting: undefined,
		running: undefined,
		paused: conflict(({name}) => `container ${name} is paused`, name => `unpause it before attaching: holm unpause ${name}`),
		stalled: undefined,
		ending: undefined,
		restarting: undefined,
	},
	resize: {
		stopped: notRunning,
		starting: notRunning,
		running: undefined,
		paused: undefined,
		stalled: undefined,
		ending: notRunning,
		restarting: notRunning,
	},
	use: {
		stopped: notRunning,
		starting: notRunning,
		running: undefined,
		paused,
		stalled,
		ending: notRunning,
		restarting: notRunning,
	},
};

/** Throws if the container's phase does not allow the verb: `conflict`, `not-modified`, or `unavailable` for a stalled container. */
export const assertAllowed = (verb: PhasedVerb, entry: Pick<Entry, 'container' | 'run'>): void => {
	const refusal = refusals[verb][phaseOf(entry)];
	if (refusal) {
		throw refusal(entry.container);
	}
};
