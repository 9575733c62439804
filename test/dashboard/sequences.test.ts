import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {cursorOf} from '../../source/dashboard/state/list-state.js';
import {idsOf} from '../../source/dashboard/state/list-items.js';
import {containerConfiguration} from './helpers/configurations.js';
import {openApp} from './helpers/open-app.js';

const escape = '\u{1B}';

const opened = async (keys?: Readonly<Record<string, readonly string[]>>) => {
	const engine = createMemoryEngine();
	for (const name of ['one', 'two', 'three']) {
		await engine.createContainer(containerConfiguration({name}));
	}

	const app = await openApp({engine, keys});
	await app.shows('three');
	const row = () => cursorOf(app.controller.getState().lists.containers, idsOf(app.controller.listItems(), 'containers'));
	return {...app, row, async [Symbol.asyncDispose]() {
		await app[Symbol.asyncDispose]();
		engine.close();
	}};
};

test('g goes to the top at once, and so does gg', async t => {
	await using app = await opened();
	await app.press('G', 'g');
	t.is(app.row(), 0);
	t.is(app.controller.getState().pending, undefined);
	await app.press('G', 'gg');
	t.is(app.row(), 0);
});

test('a pending sequence shows its continuations, and Esc cancels only the sequence', async t => {
	await using app = await opened({'global.images': ['Z I']});
	await app.press(' ', '2');
	await app.press('Z');
	const text = await app.shows(' Z then ');
	t.regex(text, / I Images .*Z Quit .*Esc cancels/v);
	await app.press(escape);
	await app.shows(/^ \? help/mv);
	t.like(app.controller.getState(), {focus: 'networks', view: 'main'});
	t.is(app.controller.getState().lists.containers.marks.size, 1);
	await app.press('Z', 'I');
	await app.shows('4 Images');
});

test('a key that does not continue a sequence has no effect', async t => {
	await using app = await opened();
	await app.press('Z', 'D');
	await app.shows('ZD is not bound');
	t.is(app.controller.getState().dialog, undefined);
	await app.press('D');
	await app.shows('Remove three?');
});

test('a sequence whose first key is bound waits, and another key runs that binding first', async t => {
	await using app = await opened({'global.images': ['g i']});
	await app.press('G', 'g');
	await app.shows(' g then ');
	t.is(app.row(), 2);
	await app.press('i');
	await app.shows('4 Images');
	await app.press('1', 'g', 'j');
	t.is(app.row(), 1);
	await app.press('g');
	await app.shows(/^ \? help/mv);
	t.is(app.row(), 0);
});

test('a prompt or a dialog cancels a pending sequence', async t => {
	await using app = await opened();
	await app.press('Z');
	app.controller.ask({title: 'Name', value: '', submit() {}});
	await app.press(escape);
	await delay(30);
	t.is(app.controller.getState().pending, undefined);
});
