import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {hitOf} from '../../../source/dashboard/mouse/hit.js';
import {createMouseReader} from '../../../source/dashboard/mouse/mouse-events.js';
import {initialUi} from '../../../source/dashboard/state/ui-state.js';
import {containerConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const click = (column: number, row: number) => `${escape}[<0;${column + 1};${row + 1}M`;
const wheel = (direction: 'up' | 'down', column: number, row: number) => `${escape}[<${direction === 'up' ? 64 : 65};${column + 1};${row + 1}M`;

test('mouse reports are found between keys, also in several chunks', t => {
	const events: string[] = [];
	const read = createMouseReader(({type, column, row}) => {
		events.push(`${type} ${column} ${row}`);
	});
	const heard = (...chunks: readonly string[]) => {
		for (const chunk of chunks) {
			read(chunk);
		}

		return events.splice(0);
	};

	t.deepEqual(heard(`j${escape}[<0;3;4Mk${escape}[<0;3;4m`), ['click 2 3']);
	t.deepEqual(heard(`${escape}[<6`, '4;300', ';4M'), ['wheelUp 299 3']);
	t.deepEqual(heard(`${escape}[<69;1;1M${escape}[<65;1;1M`), ['wheelDown 0 0', 'wheelDown 0 0']);
	t.deepEqual(heard(escape, 'j', '[<0;3;4M', `${escape}[A`, `${escape}[<2;3;4M`, `${escape}[<0;3M`, `${escape}[<9999999;1;1M`), []);
});

test('a point of the screen belongs to a pane and a row', t => {
	const size = {columns: 300, rows: 40};
	t.deepEqual(hitOf({column: 5, row: 5}, size, initialUi), {type: 'list', list: 'containers', row: 1, column: 4, pane: 'containers'});
	t.deepEqual(hitOf({column: 5, row: 4}, {...size, rows: 24}, initialUi), {type: 'list', list: 'containers', row: 1, column: 4, pane: 'containers'});
	t.deepEqual(hitOf({column: 220, row: 4}, size, initialUi), {type: 'list', list: 'networks', row: 0, column: 3, pane: 'networks'});
	t.deepEqual(hitOf({column: 5, row: 30}, size, initialUi), {type: 'logs'});
	t.is(hitOf({column: 5, row: 0}, size, initialUi), undefined);
	t.is(hitOf({column: 5, row: 39}, size, initialUi), undefined);
	t.is(hitOf({column: 5, row: 1}, size, initialUi), undefined);
	t.deepEqual(hitOf({column: 5, row: 6}, size, {...initialUi, view: 'images'}), {type: 'list', list: 'images', row: 2, column: 4});
	t.deepEqual(hitOf({column: 5, row: 5}, size, {...initialUi, view: 'machine'}), {type: 'textView'});
	t.is(hitOf({column: 5, row: 5}, size, {...initialUi, dialog: {type: 'help', top: 0}}), undefined);
});

test('a click selects pane and row, and the wheel scrolls the pane under the pointer', async t => {
	const engine = createMemoryEngine();
	for (let number = 0; number < 30; number++) {
		await engine.createContainer(containerConfiguration({name: `web-${number}`}));
	}

	const {id} = await engine.createContainer(containerConfiguration({name: 'talker', command: ['seq', '100', '199']}));
	await engine.startContainer(id);
	await using app = await openApp({engine, columns: 150, rows: 30, mouse: true});
	await app.shows(/talker[\s\S]*199/v);
	const clickOn = async (text: string) => {
		const row = app.lines().findIndex(line => line.includes(text));
		await app.press(click(app.lines()[row]!.indexOf(text), row));
	};

	await app.press(wheel('up', 10, 22));
	await app.shows('paused, 0 new');
	t.false(app.lines().join('\n').includes('199'));
	await app.press(wheel('down', 10, 22));
	await app.shows('following');
	await clickOn('web-25');
	await app.shows('Logs of web-25');
	await app.press('G');
	await app.shows('Logs of web-0');
	await clickOn('web-3 ');
	await app.shows('Logs of web-3');
	await app.press(wheel('up', 10, 5));
	await app.shows('Logs of web-4');
	await clickOn('2 Networks');
	t.is(app.controller.getState().focus, 'networks');
	await app.press(click(10, 22));
	t.is(app.controller.getState().focus, 'logs');
	await app.press('1', '/');
	await app.shows('Filter containers');
	await app.press(click(10, 5), 'web-7');
	await app.shows('filter: web-7');
	engine.close();
});

test('a click on a tab opens it, and one on a crumb goes back to its place', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web'}));
	await using app = await openApp({engine, mouse: true});
	await app.shows('web');
	const clickOn = async (text: string, row: number) => app.press(click(app.lines()[row]!.indexOf(text), row));
	await clickOn('Networks', 1);
	t.like(app.controller.getState(), {view: 'main', focus: 'networks'});
	await app.press('i');
	await app.shows('Network bridge');
	await clickOn('Images', 1);
	await app.shows('Containers › Networks › bridge › Inspect › Images');
	await clickOn('4 Images', 1);
	t.like(app.controller.getState(), {view: 'images'});
	await clickOn('bridge', 0);
	t.like(app.controller.getState(), {view: 'inspect'});
	await app.shows('Containers › Networks › bridge › Inspect ');
	await clickOn('Containers', 0);
	t.like(app.controller.getState(), {view: 'main', focus: 'containers'});
	t.is(app.controller.getState().places.length, 0);
	engine.close();
});

test('without the mouse setting its reports have no effect', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'one'}));
	await engine.createContainer(containerConfiguration({name: 'two'}));
	await using app = await openApp({engine});
	await app.shows('Logs of two');
	await app.press(click(5, 4));
	t.is(app.controller.getState().lists.containers.selectedId, undefined);
	engine.close();
});
