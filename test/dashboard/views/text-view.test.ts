import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {scrolledTop, topOf} from '../../../source/dashboard/views/text-view.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

test('scrolling stops at both ends, and a page keeps one line in view', t => {
	t.is(scrolledTop(0, {type: 'move', by: -1}, 30, 10), 0);
	t.is(scrolledTop(0, {type: 'move', by: 1}, 30, 10), 1);
	t.is(scrolledTop(0, {type: 'page', by: 1}, 30, 10), 9);
	t.is(scrolledTop(18, {type: 'page', by: 1}, 30, 10), 20);
	t.is(scrolledTop(5, {type: 'last'}, 30, 10), 20);
	t.is(scrolledTop(5, {type: 'first'}, 30, 10), 0);
	t.is(scrolledTop(0, {type: 'last'}, 5, 10), 0);
});

test('a scroll position belongs to one view and item, and is limited by its lines', t => {
	const content = {title: '', id: 'one', lines: Array.from({length: 30}, () => ''), start: 3};
	t.is(topOf('machine', content, undefined, 10), 3);
	t.is(topOf('machine', content, {view: 'machine', id: 'one', top: 7}, 10), 7);
	t.is(topOf('machine', content, {view: 'machine', id: 'two', top: 7}, 10), 3);
	t.is(topOf('machine', content, {view: 'addresses', id: 'one', top: 7}, 10), 3);
	t.is(topOf('machine', {...content, lines: content.lines.slice(0, 12)}, {view: 'machine', id: 'one', top: 7}, 10), 2);
});

test('addresses, topology and machine scroll by lines, by pages and to both ends', async t => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.0.0.0/24'}));
	for (let number = 0; number < 20; number++) {
		await engine.createContainer(containerConfiguration({name: `web-${number}`, networks: [{network: 'back', aliases: []}]}));
		await engine.startContainer(`web-${number}`);
	}

	await using app = await openApp({engine, columns: 60, rows: 15});
	await app.shows('web-19');
	await app.press('2', 'G', 'm');
	await app.shows('1-11 of ');
	await app.press('j', 'j', 'k');
	await app.shows('2-12 of ');
	await app.press('\u{6}');
	await app.shows('12-22 of ');
	await app.press('G');
	t.regex(await app.shows('web-19'), /-(?<last>\d+) of \k<last> /v);
	await app.press('g');
	await app.shows('1-11 of ');
	await app.press('8', 'G');
	await app.shows('web-19');
	await app.press('g');
	await app.shows('host');
	await app.press('9', 'G', 'j');
	await app.shows(/of (?<last>\d+) [\s\S]*traffic/v);
	await app.press(']');
	await app.shows(/9 Machine 2 of 20/v);
	await app.press('[');
	await app.shows(/9 Machine 1 of 20/v);
	engine.close();
});

test('a key that cannot scroll further changes nothing', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web'}));
	await using app = await openApp({engine});
	await app.shows('web');
	await app.press('9');
	await app.shows('9 Machine 1 of 1');
	await app.press('k', 'j', 'G', 'g');
	await delay(30);
	t.is(app.controller.getState().scroll, undefined);
	engine.close();
});
