import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import {builderLines, elapsedText} from '../../../source/dashboard/builder/builder-lines.js';
import {builderRow, builderText} from '../../../source/dashboard/builder/builder-row.js';
import {stateRole, stateText} from '../../../source/dashboard/containers/rows.js';
import {createTheme} from '../../../source/dashboard/frame/theme.js';
import {containerRow} from '../../../source/dashboard/spoken/rows.js';
import {machineSentences} from '../../../source/dashboard/spoken/text-views.js';
import {createItemsSelector, markableIdsOf} from '../../../source/dashboard/state/list-items.js';
import {emptyList, type ListState} from '../../../source/dashboard/state/list-state.js';
import {initialUi, type UiState} from '../../../source/dashboard/state/ui-state.js';
import {planBuilder} from '../../../source/dashboard/work/plan.js';
import {readOnly} from '../../../source/dashboard/work/read-only.js';
import {builderOf, type Builder, type BuilderActions} from '../../../source/engine/builder.js';
import type {Snapshot} from '../../../source/engine/snapshot.js';
import type {Engine} from '../../../source/engine/engine.js';
import {widthOf} from '../../../source/text/width.js';
import {container} from '../../engine/resources.js';
import {builderOfTest, stepsOfTest} from '../helpers/builder.js';

const theme = createTheme({name: 'dark', depth: '256', ascii: false});
const busy = builderOfTest({connections: 2});
const calm = builderOfTest({});
const stopped = builderOfTest({state: 'stopped'});

test('the builder is stopped, runs or builds, and shows the size of its cache or what it runs', t => {
	for (const [builder, steps, state, role, text] of [
		[stopped, undefined, 'stopped', 'dim', 'cache 1.2G of 32G'],
		[calm, undefined, 'running', 'good', 'cache 1.2G of 32G'],
		[calm, stepsOfTest, 'running', 'good', 'cache 1.2G of 32G'],
		[busy, undefined, 'building', 'accent', 'cache 1.2G of 32G'],
		[busy, [], 'building', 'accent', 'cache 1.2G of 32G'],
		[busy, stepsOfTest.slice(0, 2), 'building', 'accent', 'sh -c make all'],
		[busy, stepsOfTest, 'building', 'accent', '2 steps: sh -c make all'],
	] as const) {
		const row = builderRow(builder, steps);
		t.is(stateText(row), state);
		t.is(stateRole(row), role);
		t.is(builderText(row.builder!), text);
	}
});

test('the builder is the last row in every order, passes filters as others do, and hides with what is stopped', t => {
	const containers = ['z', 'a'].map(name => container({id: name, name}));
	const names = (change: Partial<ListState>, builder = busy, areStoppedShown = true) => {
		const snapshot: Snapshot = {
			readAt: 0, containers, networks: [], images: [], volumes: [], stats: {}, builder,
		};
		const ui: UiState = {...initialUi, areStoppedShown, lists: {...initialUi.lists, containers: {...emptyList, ...change}}};
		const items = createItemsSelector()({connection: {state: 'connected'}, snapshot, usage: {}, events: []}, ui);
		t.deepEqual(markableIdsOf(items, 'containers'), items.containers.map(({name}) => name).filter(name => name !== '[builder]'));
		return items.containers.map(({name}) => name);
	};

	t.deepEqual(names({}), ['z', 'a', '[builder]']);
	t.deepEqual(names({sort: 'name'}), ['a', 'z', '[builder]']);
	t.deepEqual(names({sort: 'name', isDescending: true}), ['z', 'a', '[builder]']);
	t.deepEqual(names({sort: 'cpu'}), ['z', 'a', '[builder]']);
	t.deepEqual(names({filter: 'building'}), ['[builder]']);
	t.deepEqual(names({filter: 'holm-builder'}), ['[builder]']);
	t.deepEqual(names({filter: 'nothing'}), []);
	t.deepEqual(names({}, stopped), ['z', 'a', '[builder]']);
	t.deepEqual(names({}, stopped, false), ['z', 'a']);
});

test('the processes of the steps are listed by step, whatever is in their command lines', t => {
	const hostile = {step: 3, pid: 9, elapsedSeconds: 7300, command: `sh -c \u{1B}[2Jevil\n${'x'.repeat(500)}`};
	const view = builderRow(busy, [...stepsOfTest, hostile]).builder!;
	const painted = builderLines(view, {width: 50}, theme);
	const lines = painted.map(line => stripVTControlCharacters(line));
	t.true(painted.every(line => widthOf(stripVTControlCharacters(line)) <= 50 && !line.includes('\u{1B}[2J')));
	t.deepEqual(lines.slice(0, 6).map(line => line.trimEnd()), [
		'Builds run 3 steps',
		'    TIME     PID  COMMAND',
		'    1:01       5  sh -c make all',
		'    0:42       6    cc main.c',
		'    0:05      17  npm install',
		String.raw`    2h01       9  sh -c \x1b[2Jevil\nxxxxxxxxxxxx…`,
	]);
	t.true(lines.includes('cache     1.2G of 32G on the host\'s disk'.padEnd(50)));
	t.regex(stripVTControlCharacters(builderLines(builderRow(busy).builder!, {width: 50}, theme)[0]!), /their steps are not known yet/v);
	t.regex(stripVTControlCharacters(builderLines(builderRow(calm, stepsOfTest).builder!, {width: 50}, theme)[0]!), /^No build runs/v);
	t.is(elapsedText(3599), '59:59');
});

test('a screen reader hears what the builder runs', t => {
	const row = builderRow(busy, stepsOfTest);
	t.regex(containerRow(row, {usage: {}, now: 0}), /^The builder, building, runs sh -c make all, runs npm install, cache 1.2 \w+ of 32 \w+, 192.168.65.2 on holm-builder/v);
	t.true(machineSentences(row, undefined).includes('Step 1, cc main.c, for 42 seconds, process 6'));
});

test('plans for the builder name what is lost, and end builds only if some ran when they were made', t => {
	const plan = (verb: Parameters<typeof planBuilder>[0], builder: Builder) => {
		const {consequences, command, willEndBuilds} = planBuilder(verb, builder);
		return [consequences.join(' '), command, willEndBuilds];
	};

	t.deepEqual(plan('removeBuilder', stopped.status), ['Removes the cache of builds, 1.2G, and its programs; the next build makes it again. Images stay.', 'holm builder rm', undefined]);
	t.deepEqual(plan('removeBuilder', busy.status), ['The builds that run now fail. Removes the cache of builds, 1.2G, and its programs; the next build makes it again. Images stay.', 'holm builder rm --force', true]);
	t.deepEqual(plan('stopBuilder', calm.status), ['Its cache stays; the next build starts it.', 'holm builder stop', undefined]);
	t.deepEqual(plan('stopBuilder', busy.status), ['The builds that run now fail. Its cache stays; the next build starts it.', 'holm builder stop --force', true]);
	t.deepEqual(plan('pruneBuilder', busy.status), ['Removes the cache that no build uses, at most 1.2G. Images stay.', 'holm builder prune', undefined]);
	t.deepEqual(plan('pruneBuilder', stopped.status), ['Removes the cache that no build uses, at most 1.2G. Images stay. Starts the builder for that.', 'holm builder prune', undefined]);
});

test('a read-only dashboard reads the builder, and changes nothing of it', async t => {
	const refusal = async () => {
		throw new Error('reached');
	};

	const verbs: BuilderActions = {
		status: async () => calm.status,
		steps: async () => stepsOfTest,
		start: refusal,
		stop: refusal,
		update: refusal,
		prune: refusal,
		remove: refusal,
	};
	const engine: Partial<Engine> = {builder: verbs};
	const builder = builderOf(readOnly(engine as Engine));
	t.is(await builder.status(), calm.status);
	t.is(await builder.steps(), stepsOfTest);
	for (const verb of ['start', 'stop', 'update', 'prune', 'remove'] as const) {
		t.throws(() => (builder[verb] as () => unknown)(), {message: `builder ${verb} was refused: the dashboard is read-only`});
	}

	t.is(readOnly({} as Engine).builder, undefined);
});
