import test from 'ava';
import type {HolmError} from '../../../source/engine/errors.js';
import type {Container} from '../../../source/engine/resources.js';
import {
	assertAllowed,
	phaseOf,
	refusals,
	type Phase,
	type PhasedVerb,
} from '../../../source/host/engine/phases.js';
import type {Run} from '../../../source/host/engine/context.js';
import type {Machine} from '../../../source/host/machines/running-machine.js';
import {container} from '../../engine/resources.js';

const over = Promise.resolve();
const live = (isOutOfSpace: boolean): Run => ({
	state: 'live', over, since: 0, machine: {isOutOfSpace: () => isOutOfSpace} as unknown as Machine,
});
const started = {pid: 1, startedAt: 1};

/** A container in each phase. */
const examples: Readonly<Record<Phase, {readonly run: Run; readonly status: Container['status']}>> = {
	stopped: {run: {state: 'idle'}, status: {state: 'created'}},
	starting: {run: {state: 'starting', giveUp: new AbortController(), over}, status: {state: 'created'}},
	running: {run: live(false), status: {state: 'running', ...started}},
	paused: {run: live(false), status: {state: 'paused', ...started}},
	stalled: {run: live(true), status: {state: 'running', ...started}},
	ending: {run: {state: 'ending', over}, status: {state: 'exited', exitCode: 0, outOfMemory: false, startedAt: 1, finishedAt: 2}},
	restarting: {run: {state: 'waiting', timer: setTimeout(() => undefined, 0)}, status: {state: 'restarting', exitCode: 0, finishedAt: 2}},
};

const entryIn = (phase: Phase) => ({run: examples[phase].run, container: container({name: 'web', status: examples[phase].status})});

test('the phase follows from the run and the status', t => {
	for (const phase of Object.keys(examples) as Phase[]) {
		t.is(phaseOf(entryIn(phase)), phase);
	}

	// One that will be restarted is not removed in the moment after its end, either.
	t.is(phaseOf({...entryIn('restarting'), run: examples.ending.run}), 'restarting');
});

test('the errors of each verb in each phase', t => {
	const errors: HolmError[] = [];
	const wordsOf = (verb: PhasedVerb, phase: Phase) => {
		try {
			assertAllowed(verb, entryIn(phase));
			return [];
		} catch (error) {
			const refusal = error as HolmError;
			errors.push(refusal);
			return [[phase, `${refusal.code}: ${refusal.message}`]];
		}
	};

	const verbs = Object.keys(refusals) as PhasedVerb[];
	const phases = Object.keys(examples) as Phase[];
	const words = Object.fromEntries(verbs.map(verb => [verb, Object.fromEntries(phases.flatMap(phase => wordsOf(verb, phase)))]));
	const notRunning = 'conflict: container web is not running';
	const paused = 'conflict: container web is paused';
	const stalled = 'unavailable: container web is stalled: the host\'s disk is full';
	const notPaused = 'conflict: container web is not paused';
	const notKilled = `conflict: Cannot kill container: web: container ${container({}).id.slice(0, 12)} is not running`;
	const inUse = (state: string) => `conflict: cannot remove container "web": container is ${state}: stop the container before removing or force remove`;
	t.deepEqual(words, {
		start: {
			running: 'not-modified: container web runs already',
			stalled: 'not-modified: container web runs already',
			paused: 'conflict: cannot start a paused container, try unpause instead: web',
		},
		stop: {stopped: 'not-modified: container web does not run', ending: 'not-modified: container web does not run'},
		kill: {stopped: notKilled, ending: notKilled, restarting: notKilled},
		signal: {
			stopped: notKilled, starting: 'conflict: container web is being started, and its process takes no signals yet', paused, ending: notKilled, restarting: notKilled,
		},
		pause: {stopped: notRunning, starting: notRunning, paused, stalled, ending: notRunning, restarting: notRunning},
		unpause: {stopped: notPaused, starting: notPaused, running: notPaused, stalled: notPaused, ending: notPaused, restarting: notPaused},
		remove: {starting: inUse('being started'), running: inUse('running'), paused: inUse('paused'), stalled: inUse('running'), restarting: inUse('restarting')},
		attach: {paused},
		resize: {stopped: notRunning, starting: notRunning, ending: notRunning, restarting: notRunning},
		use: {stopped: notRunning, starting: notRunning, paused, stalled, ending: notRunning, restarting: notRunning},
	});
	t.deepEqual(errors.filter(({code, remedy}) => remedy === undefined && code !== 'not-modified'), []);
});
