import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import type {Engine} from '../../../source/engine/engine.js';
import {HolmError} from '../../../source/engine/errors.js';
import type {Builder, BuildStep} from '../../../source/engine/builder.js';
import {builderOfTest, stepsOfTest} from '../helpers/builder.js';
import {containerConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

type State = {builder?: Partial<Builder>; steps: readonly BuildStep[] | Error; readonly calls: unknown[]};

/** An engine with two containers and a builder that notes what it is asked. */
const engineOf = async (given: Partial<Builder>) => {
	const engine = createMemoryEngine();
	for (const name of ['one', 'two']) {
		await engine.createContainer(containerConfiguration({name}));
	}

	const state: State = {builder: given, steps: stepsOfTest, calls: []};
	const noted = (verb: string) => async (options?: unknown) => {
		state.calls.push(options === undefined ? verb : [verb, options]);
	};

	const withBuilder: Engine = {
		...engine,
		snapshot: async options => ({...await engine.snapshot(options), ...state.builder && {builder: builderOfTest(state.builder)}}),
		builder: {
			status: async () => builderOfTest(state.builder ?? {}).status,
			async steps() {
				state.calls.push('steps');
				if (state.steps instanceof Error) {
					throw state.steps;
				}

				return state.steps;
			},
			start: noted('start'),
			stop: noted('stop'),
			update: noted('update'),
			async prune() {
				state.calls.push('prune');
				return {removed: [], freedBytes: 0};
			},
			remove: noted('remove'),
		},
	};
	return {
		engine: withBuilder,
		state,
		/** What was asked beside the steps. */
		asked: () => state.calls.filter(call => call !== 'steps'),
		count: async () => (await engine.snapshot()).containers.length,
		close: engine.close,
	};
};

test('bulk actions leave the builder out, and what makes no sense for it is refused', async t => {
	const {engine, asked, count, close} = await engineOf({});
	await using app = await openApp({engine, columns: 190});
	await app.shows(/1 Containers 2[\s\S]*\[builder\] +running +cache 1.2G of 32G +192.168.65.2 holm-builder/v);
	await app.press('G', ' ');
	await app.shows('The builder cannot be marked');
	for (const [key, text] of [['R', 'Restart, with confirmation: not for the builder'], ['p', 'Pause/resume: not for the builder'], ['A', 'not for the builder'], ['C', 'Connect to a network: not for the builder']] as const) {
		await app.press(key);
		await app.shows(text);
	}

	await app.press('g', '*', 'G');
	await app.shows('2 marked');
	await app.press('D');
	t.notRegex(await app.shows('Remove 2 containers?'), /cache of builds/v);
	await app.press('y');
	await app.shows(/Removed (?:one, two|two, one)/v);
	t.is(await count(), 0);
	t.deepEqual(asked(), []);
	await app.shows('1 Containers 0');
	await app.press('*', 'R');
	await app.shows('Restart, with confirmation: not for the builder');
	t.is(app.controller.getState().lists.containers.marks.size, 0);
	close();
});

test('the builder is stopped, started, pruned and removed with its own verbs, after a question that names the loss', async t => {
	const {engine, state, asked, close} = await engineOf({connections: 2});
	await using app = await openApp({engine, columns: 140});
	await app.shows('[builder]');
	await app.press('G', 'x');
	await app.shows(/Stop the builder\?[\s\S]*The builds that run now fail\.[\s\S]*holm builder stop --force/v);
	await app.press('y');
	await app.shows('Stopped the builder');
	state.builder = {state: 'stopped'};
	app.store.refresh();
	await app.shows(/\[builder\] +stopped/v);
	await app.press('x');
	await app.shows('The builder does not run');
	await app.press('U');
	await app.press('B');
	await app.shows(/Remove the cache of builds\?[\s\S]*at most 1.2G[\s\S]*Starts the builder/v);
	await app.press('y');
	await app.shows('Removed the cache of builds');
	await app.press('D');
	await app.shows(/Remove the builder with its cache\?[\s\S]*Removes the cache of builds, 1.2G/v);
	await app.press('y');
	await app.shows('Removed the builder');
	state.builder = undefined;
	app.store.refresh();
	t.deepEqual(asked(), [['stop', {isForced: true}], 'start', 'prune', ['remove', {isForced: false}]]);
	await app.shows(/│ {2}one [^\n]+\n│ {20}/v);
	close();
});

test('inspect shows the status of the builder', async t => {
	const {engine, close} = await engineOf({});
	await using app = await openApp({engine});
	await app.shows('[builder]');
	await app.press('G', 'i');
	t.regex(await app.shows('state: "running"'), /Builder[\s\S]*keepSeconds: 600/v);
	close();
});

test('the steps of builds are shown while they are looked at, and read only then', async t => {
	const {engine, state, close} = await engineOf({connections: 2});
	await using app = await openApp({engine, columns: 160});
	await app.shows(/\[builder\] +building +2 steps: sh -c m/v);
	await app.press('G');
	await app.shows('Logs of [builder] | 2 steps: sh -c make all');
	await app.press('9');
	await app.shows(/Builds run 2 steps[\s\S]*1:01 +5 +sh -c make all[\s\S]*0:42 +6 +cc main.c[\s\S]*0:05 +17 +npm install/v);
	// A builder that does not answer loses neither the connection nor the row.
	state.steps = new HolmError('unavailable', 'the builder did not list its steps');
	app.store.refresh();
	await app.shows('their steps are not known yet');
	await app.shows('connected');
	const isRead = async () => {
		const {snapshot} = app.store.getState();
		state.builder = {...state.builder, usedBytes: (snapshot?.builder?.status.usedBytes ?? 0) + 1};
		app.store.refresh();
		while (app.store.getState().snapshot === snapshot) {
			await delay(5);
		}

		await delay(20);
		return state.calls.splice(0).length > 0;
	};

	await isRead();
	t.true(await isRead());
	await app.press('[');
	await app.shows('9 Machine 2 of 3');
	t.false(await isRead());
	await app.press('4');
	await app.shows('4 Images');
	t.false(await isRead());
	await app.press('1');
	await app.shows('[builder]');
	await isRead();
	state.builder = {connections: 0};
	await isRead();
	t.false(await isRead());
	await app.press('/', 'one');
	await app.shows('filter: one');
	state.builder = {connections: 1};
	await isRead();
	t.false(await isRead());
	close();
});
