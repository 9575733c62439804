import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';
const tab = '\t';
const controlL = '\u{C}';

const drawingCharacters = /[\u{2190}-\u{21FF}\u{2500}-\u{25FF}\u{2800}-\u{28FF}]/v;

const opened = async (given: Parameters<typeof openApp>[0] = {}) => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.0.0.0/24', internal: true}));
	await engine.createContainer(containerConfiguration({name: 'web', command: ['echo', '┌──┐ ⠋ done █'], networks: [{network: 'back', aliases: []}]}));
	await engine.startContainer('web');
	await engine.createContainer(containerConfiguration({name: 'db'}));
	const app = await openApp({engine, isSpoken: true, columns: 200, ...given});
	await app.shows('db, created');
	return {...app, engine, async [Symbol.asyncDispose]() {
		await app[Symbol.asyncDispose]();
		engine.close();
	}};
};

/** Returns a function that returns everything printed since. */
const listen = (app: Awaited<ReturnType<typeof opened>>) => {
	const from = app.lines().join('\n').length;
	return () => app.lines().join('\n').slice(from);
};

test('the row under the cursor is read out in words', async t => {
	await using app = await opened();
	t.regex(app.lines().join('\n'), /Connected to first, \d of 2 containers running, 2 networks\nContainers, 2 rows\ndb, created, image redis:alpine, 192\.168\.64\.2 on bridge, row 1 of 2, selected/v);
	await app.press('j');
	t.regex(await app.shows('row 2 of 2, selected'), /web, (?:running|exited 0), image redis:alpine, 10\.0\.0\.2 on back/v);
	await app.press(' ');
	await app.shows('Containers, 2 rows, 1 marked');
	await app.press(escape);
	await delay(30);
	await app.press('S', 'n');
	await app.shows('sorted by name');
	await app.press('/', 'db', enter);
	await app.shows('Containers, 1 row, filter db');
});

test('every view and dialog is lines of words without drawing characters', async t => {
	await using app = await opened();
	for (const [key, wanted] of [
		['2', /Networks, 2 rows/v], ['m', /Addresses of \w+:/v], ['8', /Network back, .*internal, no external access/v], ['9', /Machine 1 of 2/v], ['4', /Images, \d rows/v], ['5', /Volumes, 2 rows/v],
		['6', /DNS records, \d+ rows/v], ['7', /Events, \d+ rows?/v], ['1', /Containers, 2 rows/v], ['i', /Container db/v], ['?', / keys work here; Escape closes/v], [escape, /Container db/v],
		['1', /Containers, 2 rows/v], [':', /Question: jump where\?/v], [escape, /row 1 of 2, selected/v], ['E', /Question: Which engine\? 2 answers/v], [escape, /row 1 of 2, selected/v],
		['D', /Question: Remove db\?/v], [escape, /row 1 of 2, selected/v], ['c', /New container, 11 questions/v], [escape, /row 1 of 2, selected/v], ['C', /Question: Connect db to\?/v], [escape, /row 1 of 2, selected/v],
	] as const) {
		const heard = listen(app);
		await app.press(key);
		const end = Date.now() + 10_000;
		while (!wanted.test(heard()) && Date.now() < end) {
			await delay(10);
		}

		t.regex(heard(), wanted, key);
		t.notRegex(app.screen.frame, drawingCharacters, key);
	}
});

test('a confirmation is a question whose default answer is Cancel', async t => {
	await using app = await opened();
	await app.press('D');
	await app.shows('Question: Remove db?');
	await app.shows('Answer: Cancel.');
	await app.press(enter);
	await delay(30);
	t.is((await app.engine.snapshot()).containers.length, 2);
	await app.press('D', tab);
	await app.shows('Answer: Remove.');
	await app.press(enter);
	await app.shows('db is gone');
	t.deepEqual((await app.engine.snapshot()).containers.map(({name}) => name), ['web']);
});

test('a form is a series of questions, with errors announced at their question', async t => {
	await using app = await opened();
	await app.press('2', 'c');
	await app.shows('Name: empty, hint: backend, question 1 of 4');
	await app.press('front');
	await app.shows('textbox: Name: front');
	await app.press(tab);
	await app.shows(/Subnet: \S+, typing replaces it, question 2 of 4/v);
	await app.press('\u{15}', '10.0.0.0/25', enter);
	await app.shows(/Subnet: 10\.0\.0\.0\/25, error: it overlaps 10\.0\.0\.0\/24 of back/v);
	await app.press('\u{15}', '10.9.0.0/24', controlL);
	await app.shows('Command line: holm network create --subnet 10.9.0.0/24 front');
	await app.press(tab, tab);
	await app.shows('Internal: no, Space changes it');
	await app.press(' ');
	await app.shows('Internal: yes');
	await app.press(enter);
	await app.shows('Created network front, 10.9.0.0/24');
	t.like(await app.engine.network('front'), {internal: true, subnet: '10.9.0.0/24'});
});

test('changed statistics write nothing, a changed state is announced', async t => {
	await using app = await opened();
	await delay(200);
	let writes = 0;
	const {write} = app.screen;
	app.screen.write = (...given) => {
		writes++;
		return write(...given);
	};

	for (let reading = 0; reading < 3; reading++) {
		app.store.refresh();
		await delay(60);
	}

	t.is(writes, 0);
	await app.engine.startContainer('db');
	await app.shows('db is now running');
	t.true(writes > 0);
});

test('logs are the last lines, then the line under the cursor, without drawing characters', async t => {
	await using app = await opened();
	await app.press('j', 'l');
	const text = await app.shows(/Logs of web, following\n.*done/v);
	t.notRegex(text, drawingCharacters);
	await app.press('k');
	await app.shows('Logs of web, paused');
	await app.press('/', 'done', enter);
	await app.shows('Logs of web, search done, paused');
});

test('Ctrl-L reads the whole pane', async t => {
	await using app = await opened();
	const heard = listen(app);
	await app.press(controlL);
	await app.shows('row 2 of 2');
	t.regex(heard(), /Tabs: 1 Containers: 2; 2 Networks: 2; 3 Logs; 4 Images: \d/v);
	t.regex(heard(), /Containers, 2 rows\ndb, .*row 1 of 2, selected\nweb, .*row 2 of 2/v);
});
