import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {containerConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';

const opened = async (names: readonly string[] = ['cache', 'worker', 'web']) => {
	const engine = createMemoryEngine();
	for (const name of names) {
		await engine.createContainer(containerConfiguration({name}));
	}

	const app = await openApp({engine, rows: 24});
	await app.shows(names.at(-1)!);
	const {controller} = app;
	return {
		...app,
		/** Presses Esc, which takes effect after a delay. */
		async back() {
			await app.press(escape);
			await delay(40);
		},
		place() {
			const {view, focus, inspect, places} = controller.getState();
			return `${view === 'main' ? focus : view}${view === 'inspect' ? ` ${inspect?.title}` : ''} ${places.length}`;
		},
		selected: () => controller.getState().lists.containers.selectedId,
		async [Symbol.asyncDispose]() {
			await app[Symbol.asyncDispose]();
			engine.close();
		},
	};
};

test('Esc undoes one thing at a time: the prompt, the filter, the marks, the place', async t => {
	await using app = await opened();
	await app.press('4', '1', '2', '1', 'j', '/', 'w', enter);
	await app.shows('2 of 3, filter: w');
	await app.press('*', '/', 'e');
	await app.shows('1 of 3, filter: we');
	const list = () => app.controller.getState().lists.containers;
	await app.back();
	t.like(list(), {filter: 'w'});
	t.is(app.controller.getState().prompt, undefined);
	t.is(list().marks.size, 2);
	await app.back();
	t.is(list().filter, '');
	t.is(list().marks.size, 2);
	await app.back();
	t.is(list().marks.size, 0);
	await app.back();
	await app.shows('This is the first screen; q quits');
});

test('Esc after a filter keeps the cursor on its row', async t => {
	await using app = await opened();
	await app.press('g', '/', 'cache', enter);
	await app.shows('1 of 3, filter: cache');
	await app.back();
	await app.press('i');
	t.regex(await app.shows('Container cache'), /name: "cache"/v);
});

test('Esc and q go back through the places, to the selection and the scroll position, and q ends at the first', async t => {
	const names = Array.from({length: 40}, (_, index) => `row-${String(index).padStart(2, '0')}`);
	await using app = await opened(names);
	await app.press('z', 'G', 'k', 'k');
	await app.shows('row-02');
	const rows = () => app.lines().slice(2, -2).map(line => line.slice(0, 20));
	const before = rows();
	const id = app.selected();
	await app.press('9');
	await app.shows('9 Machine');
	await app.press(']', ']', '5', 'E', escape);
	await delay(40);
	t.is(app.place(), 'volumes 3');
	await app.press('q');
	t.is(app.place(), 'machine 2');
	t.not(app.selected(), id);
	await app.back();
	t.is(app.place(), 'containers 1');
	t.is(app.selected(), id);
	await app.shows('row-02');
	t.deepEqual(rows(), before);
	t.is(app.quits(), 0);
	await app.press('q');
	t.is(app.place(), 'containers 0');
	t.false(app.controller.getState().isZoomed);
	t.is(app.quits(), 0);
	await app.press('q');
	t.is(app.quits(), 1);
});

test('the first screen is where it was however one gets there, and the way is bounded', async t => {
	await using app = await opened();
	await app.press('2', 'i');
	await app.shows('Network bridge');
	t.is(app.place(), 'inspect Network bridge 2');
	await app.press('1');
	t.is(app.place(), 'containers 0');
	await app.press('i', 'q', 'l', 'q', '2', '3', '2');
	t.is(app.place(), 'networks 1');
	for (let turn = 0; turn < 60; turn++) {
		app.controller.set({view: 'inspect', inspect: {title: `Container ${turn}`, root: {}, folded: new Set(), cursor: 0, isJson: false, search: ''}});
	}

	t.is(app.controller.getState().places.length, 50);
});

test('a search in inspect is undone before its place', async t => {
	await using app = await opened();
	await app.press('i', '/', 'image', enter);
	await app.shows(/\d matches of image/v);
	await app.back();
	t.like(app.controller.getState(), {view: 'inspect', inspect: {search: ''}});
	await app.back();
	t.is(app.place(), 'containers 0');
});

test('while a job runs, the end is a question that names it', async t => {
	await using app = await opened();
	const {promise, resolve} = Promise.withResolvers<void>();
	let isAborted = false;
	const job = app.controller.job('Pulling redis:8', async ({signal, report}) => {
		report('25%');
		signal.addEventListener('abort', () => {
			isAborted = true;
			resolve();
		});
		await promise;
	});
	for (const keys of [['q'], ['\u{3}'], ['Z', 'Z']]) {
		await app.press(...keys);
		await app.shows('Quit? 1 job is running');
		await app.shows('Quit and cancel: Pulling redis:8 25%');
		await app.press(enter);
		t.is(app.controller.getState().dialog, undefined);
		t.is(app.quits(), 0);
	}

	await app.press('q', 'j', enter);
	t.is(app.quits(), 1);
	t.true(isAborted);
	await job;
});
