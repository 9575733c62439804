import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {historyLength, withEntry, type HistoryEntry} from '../../source/dashboard/activity/history.js';
import type {Engine} from '../../source/engine/engine.js';
import {containerConfiguration} from './helpers/configurations.js';
import {openApp} from './helpers/open-app.js';

const enter = '\r';

const entry = (id: number): HistoryEntry => ({
	id, title: 'Stop web', commands: ['holm stop web'], startedAt: 0, endedAt: 1, outcome: 'done', result: 'Stopped web', failures: [],
});

test('the history is bounded, with the newest first', t => {
	let history: readonly HistoryEntry[] = [];
	for (let id = 0; id < historyLength + 50; id++) {
		history = withEntry(history, {...entry(id), failures: Array.from({length: 1000}, () => ({name: 'web', message: 'no'}))});
	}

	t.is(history.length, historyLength);
	t.is(history[0]!.id, historyLength + 49);
	t.is(history[0]!.failures.length, 20);
});

test('what was done is a command line that can be copied, repeated and undone', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web', command: ['sleep', '1000']}));
	await using app = await openApp({engine});
	await app.shows('web');
	await app.press('0');
	await app.shows('Nothing was done from here yet');
	await app.press('1', 'D');
	await app.shows('Remove web?');
	await app.press('y');
	await app.shows('Removed web; u recreates it');
	await app.press('W');
	await app.shows('0/0 running');
	t.regex(await app.shows('Activity 1'), /done +holm rm web +Removed web/v);
	await app.press('y');
	await app.shows('Copied holm rm web');
	t.deepEqual(app.copied, ['holm rm web']);
	await app.press('u');
	await app.shows('Recreated web');
	t.regex(await app.shows('Activity 2'), /undone +holm rm web/v);
	await app.shows('0/1 running');
	await app.press('j', 'u');
	await app.shows('It is undone already');
	await app.press(enter);
	await app.shows('Remove web?');
	await app.press('y');
	await app.shows('Activity 3');
	t.deepEqual((await engine.snapshot()).containers, []);
	engine.close();
});

test('running jobs show the progress of their parts, and each is cancelled by itself', async t => {
	const engine = createMemoryEngine();
	const cancelled: string[] = [];
	const slow: Engine = {
		...engine,
		async * pullImage(reference, options) {
			yield {
				status: 'Downloading', id: 'layer-one', current: 25, total: 100,
			};
			yield {
				status: 'Downloading', id: 'layer-two', current: 100, total: 100,
			};
			await new Promise<void>((_, reject) => {
				options?.signal?.addEventListener('abort', () => {
					cancelled.push(reference);
					reject(new Error('it ended'));
				});
			});
		},
	};
	await using app = await openApp({engine: slow});
	await app.shows('No containers');
	await app.press('4', 'c', enter, 'redis:8', enter, 'c', enter, 'nginx:9', enter, 'W');
	const text = await app.shows('2 running');
	t.regex(text, /running +holm pull nginx:9 +62%[\s\S]*running +holm pull redis:8/v);
	t.regex(text, /layer-one +\S+ 25% Downloading[\s\S]*layer-two +\S+ 100% Downloading/v);
	await app.press('j', 'x');
	await app.shows(/cancelled +holm pull redis:8/v);
	t.deepEqual(cancelled, ['redis:8']);
	t.is(app.controller.getState().jobs.length, 1);
	await app.press('k', 'x');
	await app.shows(/cancelled +holm pull nginx:9/v);
	engine.close();
});

test('a failure keeps its reason and remedy in the activity, and a screen reader hears them', async t => {
	const engine = createMemoryEngine();
	await using app = await openApp({engine, isSpoken: true, columns: 200});
	await app.shows('Connected');
	await app.press('4', 'c', enter, 'no/such', enter);
	await app.shows(/Pulling no\/such.*Enter closes/v);
	await app.press(enter, '0');
	await app.shows(/Activity, 1 row\nholm pull no\/such, failed, [^\n]+row 1 of 1, y copies, Enter repeats/v);
	await app.press('\u{C}');
	await delay(20);
	t.regex(app.lines().join('\n'), /Pulling no\/such, took/v);
	engine.close();
});

test('pulls of the demo take seconds, layer by layer; others take no time', async t => {
	const engine = createMemoryEngine({lively: true});
	const began = performance.now();
	const progress = await Array.fromAsync(engine.pullImage('busybox'));
	t.true(performance.now() - began > 2000);
	t.true(progress.filter(({status}) => status === 'Downloading').length > 10);
	t.is(progress.findLast(({total}) => total !== undefined)!.current, 4_400_000);
	engine.close();
	const fast = createMemoryEngine();
	t.true((await Array.fromAsync(fast.pullImage('postgres:alpine'))).some(({status}) => status === 'Already exists'));
	fast.close();
});
