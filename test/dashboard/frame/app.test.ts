import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {widthOf} from '../../../source/text/width.js';
import type {Engine} from '../../../source/engine/engine.js';
import {HolmError} from '../../../source/engine/errors.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';
const tab = '\t';

const isWhole = (lines: readonly string[], columns: number, rows: number) =>
	lines.length === rows && lines.every(line => widthOf(line) <= columns);

test('the whole story: a network, two containers, their addresses, logs, removal and recreation', async t => {
	await using app = await openApp({columns: 150});
	await app.shows('No containers; c creates one');
	await app.press('2', 'c');
	await app.shows('New network');
	await app.press('back', enter);
	await app.shows(/back\s+192\.168\.65\.0\/24/v);
	for (const name of ['one', 'two']) {
		await app.press('1', 'c');
		await app.shows('New container');
		await app.press('redis:alpine', tab, name, tab, 'back');
		await app.shows(`holm run --detach --name ${name} --network back redis:alpine`);
		await app.press(enter);
		await app.shows(new RegExp(String.raw`${name}\s+running`, 'v'));
	}

	const text = await app.shows(/two\s+running\s+redis:\S+\s+192\.168\.65\.3 back/v);
	t.regex(text, /one\s+running\s+redis:\S+\s+192\.168\.65\.2 back/v);
	await app.press('3');
	await app.shows(/Logs of two[\s\S]*Ready to accept connections/v);
	await app.press('/', 'ready', enter);
	await app.shows('search ready: 1 match');
	await app.press('1', '*', 'D');
	await app.shows('Remove 2 containers?');
	await app.shows('holm rm --force two one');
	await app.press('y');
	await app.shows('No containers; c creates one');
	await app.shows('Removed two, one; u recreates them');
	t.is((await app.engine.snapshot()).containers.length, 0);
	await app.press('u');
	await app.shows('Recreated two, one');
	await app.shows(/one\s+running/v);
	t.is((await app.engine.snapshot()).containers.length, 2);
});

test('only after a removal of containers or networks is u offered', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web', image: 'nginx:alpine'}));
	await engine.createVolume({name: 'data'});
	await using app = await openApp({engine});
	await app.shows('web');
	await app.press('D');
	await app.shows('Remove web?');
	await app.press('y');
	await app.shows('Removed web; u recreates it');
	await app.press('5', 'D');
	await app.shows('Remove volume data?');
	await app.press('y');
	t.notRegex(await app.shows('Removed volume data'), /recreates/v);
	engine.close();
});

test('the default answer of a confirmation is Cancel', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'kept'}));
	await using app = await openApp({engine});
	await app.shows('kept');
	for (const keys of [[enter], [escape], ['n'], ['q']]) {
		await app.press('D');
		await app.shows('Remove kept?');
		await app.press(...keys);
		await delay(30);
		t.false(app.lines().join('\n').includes('Remove kept?'));
		t.is((await engine.snapshot()).containers.length, 1);
	}

	engine.close();
});

test('a confirmation keeps its items when the list changes', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'old'}));
	await using app = await openApp({engine});
	await app.shows('old');
	await app.press('D');
	await app.shows('Remove old?');
	await engine.createContainer(containerConfiguration({name: 'new'}));
	await app.shows('0/2 running');
	await app.press('y');
	await app.shows('0/1 running');
	t.deepEqual((await engine.snapshot()).containers.map(({name}) => name), ['new']);
	engine.close();
});

test('what the engine refuses stands at its field in the form, which opens again', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	await app.press('c');
	await app.shows('New container');
	await app.press('no/such-image', enter);
	await app.shows(/Image +no\/such-image[^\n]*\n[^\n]*No such image|Image +no\/such-image[^\n]*\n[^\n]*no\/such-image/v);
	await app.press('\u{15}', 'redis:alpine', enter);
	await app.shows(/Created and started \w+/v);
	t.is((await app.engine.snapshot()).containers.length, 1);
});

test('a failure with its remedy stays until it is closed', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web'}));
	const fragile: Engine = {
		...engine,
		async startContainer() {
			throw new HolmError('unavailable', 'web has no memory', {remedy: 'stop another one'});
		},
	};
	await using app = await openApp({engine: fragile});
	await app.shows('web');
	await app.press('s');
	t.regex(await app.shows('Start web: failed for web'), /web has no memory[\s\S]*stop another one[\s\S]*1 of 1 failed: web/v);
	await app.press('x', 'j');
	await app.shows('web has no memory');
	await app.press(enter);
	await app.shows(/^(?![\s\S]*web has no memory)/v);
	engine.close();
});

test('a new container is selected, wherever the order puts it', async t => {
	const engine = createMemoryEngine();
	for (const name of ['aaa', 'zzz']) {
		await engine.createContainer(containerConfiguration({name}));
	}

	await using app = await openApp({engine});
	await app.shows('zzz');
	await app.press('S', 'g', 'c');
	await app.shows('New container');
	await app.press('redis:alpine', tab, 'mmm', enter);
	await app.shows('Created and started mmm');
	await app.shows(/mmm +running/v);
	await app.press('i');
	t.regex(await app.shows('Container mmm'), /name: "mmm"/v);
	engine.close();
});

test('the card of a network in use offers to disconnect its containers first', async t => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('shop'));
	for (const name of ['web', 'db']) {
		await engine.createContainer(containerConfiguration({name, networks: [{network: 'shop', aliases: []}]}));
	}

	await engine.startContainer('web');
	await using app = await openApp({engine});
	await app.shows(/web\s+running/v);
	await app.press('2', 'G', 'D');
	const card = await app.shows('Remove network shop?');
	t.regex(card, /1\. Disconnect from shop[\s\S]*web[\s\S]*2\. Remove network[\s\S]*holm network disconnect shop web[^\n]*\n[^\n]*holm network rm shop/v);
	await engine.startContainer('db');
	await app.press('y');
	await app.shows('Changed since you were asked: db would be disconnected too.');
	t.is((await engine.networks()).length, 2);
	await app.press(enter);
	await delay(20);
	t.is((await engine.networks()).length, 2);
	await app.press('D');
	await app.shows('holm network disconnect shop db');
	await app.press('y');
	await app.shows(/Disconnected \w+, \w+ from shop; removed network shop; u recreates it/v);
	await app.press('u');
	await app.shows('Recreated shop');
	t.deepEqual((await engine.container('web')).attachments.map(({network}) => network), ['shop']);
	engine.close();
});

test('frames have the size of the terminal in every view', async t => {
	const engine = createMemoryEngine({lively: true});
	await using app = await openApp({engine});
	await app.shows('shop-web');
	for (const [columns, rows] of [[60, 15], [80, 24], [120, 40], [220, 60], [30, 6]] as const) {
		app.resize(columns, rows);
		for (const key of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '1', 'i', '1', 'D', escape, ':', escape, '?', escape, 'c', escape]) {
			await app.press(key);
			// Esc takes effect after a delay, since it may start a control sequence.
			await delay(key === escape ? 30 : 5);
			t.true(isWhole(app.lines(), columns, rows), `${key} in ${columns}×${rows}:\n${app.lines().join('\n')}`);
		}
	}

	app.resize(10, 3);
	await delay(20);
	t.true(isWhole(app.lines(), 10, 3));
	engine.close();
});

test('without colours and without Unicode nothing but ASCII is shown', async t => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back'));
	await engine.createContainer(containerConfiguration({name: 'web', ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}]}));
	await using app = await openApp({engine, columns: 160, theme: {ascii: true}});
	await app.shows('8080:80');
	for (const key of ['1', '2', '3', '4', '8', '9', '?']) {
		await app.press(key);
		await delay(20);
		t.regex(app.lines().join('\n'), /^[\n\u{20}-\u{7E}]*$/v, key);
	}

	engine.close();
});

test('no output of a container controls the terminal', async t => {
	const engine = createMemoryEngine();
	const {id} = await engine.createContainer(containerConfiguration({name: 'evil', command: ['echo', '\u{1B}]0;owned\u{7}\u{1B}[2Jafter \u{1B}[31mred\u{1B}[0m'], labels: {'\u{1B}[2J': '\u{7}\u{1B}c'}}));
	await engine.startContainer(id);
	await using app = await openApp({engine, theme: {depth: '256'}});
	await app.shows('after red');
	const sequences = () => app.frame().match(/\u{1B}(?:\[[\u{20}-\u{3F}]*.|.)/gsv) ?? []; // eslint-disable-line no-control-regex, regexp/no-control-character -- they are what it is about
	t.true(sequences().every(sequence => sequence.endsWith('m')), JSON.stringify(sequences().filter(sequence => !sequence.endsWith('m'))));
	t.true(app.frame().includes('\u{1B}[31m'));
	await app.press('i');
	await app.shows('labels');
	t.true(sequences().every(sequence => sequence.endsWith('m')));
	t.false(app.frame().includes('\u{7}'));
	engine.close();
});

test('read-only refuses every change and says so', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'kept'}));
	await using app = await openApp({engine, isReadOnly: true});
	await app.shows('[read-only]');
	await app.shows('kept');
	for (const key of ['D', 'x', 'R', 'K', 'c', 's', 'P', 'e']) {
		await app.press(key);
		await app.shows('refused, the dashboard is read-only');
		await app.press('j');
	}

	t.throws(() => app.store.engine().removeContainer('kept') as never, {message: /read-only/v});
	t.is((await engine.snapshot()).containers.length, 1);
	engine.close();
});

test('a lost connection keeps the last state on the screen and refuses changes until it is back', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'kept'}));
	let isGone = false;
	const fragile: Engine = {
		...engine,
		async snapshot(options) {
			if (isGone) {
				throw new HolmError('unavailable', 'the socket is gone');
			}

			return engine.snapshot(options);
		},
	};
	await using app = await openApp({engine: fragile});
	await app.shows('kept');
	isGone = true;
	app.store.refresh();
	const text = await app.shows(/LOST since .* the socket is gone/v);
	t.true(text.includes('kept'));
	await app.press('D');
	await app.shows('not available, the engine is not connected');
	isGone = false;
	await app.shows(' connected ');
	await app.press('D');
	await app.shows('Remove kept?');
	engine.close();
});

test('inspect searches, folds and copies', async t => {
	const engine = createMemoryEngine();
	const {id} = await engine.createContainer(containerConfiguration({name: 'web', environment: ['SECRET=x']}));
	await using app = await openApp({engine});
	await app.shows('web');
	await app.press('i');
	await app.shows('Container web');
	await app.press('y');
	t.deepEqual(app.copied, [id]);
	await app.press('/', 'secret', enter);
	await app.shows(/\d matches of secret/v);
	await app.press('/', '\u{15}', 'createdat', enter);
	await app.shows('1 match of createdat');
	await app.press('/', '\u{15}', 'secret', enter);
	await app.shows(/\d matches of secret/v);
	await app.press('y');
	t.is(app.copied.at(-1), 'SECRET=x');
	await app.press('-');
	t.false(app.lines().join('\n').includes('SECRET'));
	await app.press('J');
	await app.shows('"SECRET=x"');
	await app.press('Y');
	t.like(JSON.parse(app.copied.at(-1)!), {name: 'web'});
	engine.close();
});

test('typing after a completion appends to it', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	await app.press('c');
	await app.shows('New container');
	await app.press('redis', `${escape}[C`);
	await app.shows('holm run --detach redis:alpine');
	await app.press('3');
	t.regex(await app.shows('alpine3'), /holm run --detach redis:alpine3/v);
});

test('Enter in one chunk with typed text submits the form', async t => {
	const engine = createMemoryEngine();
	await using app = await openApp({engine});
	await app.shows('No containers');
	await app.press('2', 'c');
	await app.shows('New network');
	await app.press('back\r');
	await app.shows('Created network back, 192.168');
	t.is((await engine.network('back')).name, 'back');
});

test('a filter applies while it is typed, and Esc clears it', async t => {
	const engine = createMemoryEngine();
	for (const name of ['web', 'worker', 'cache']) {
		await engine.createContainer(containerConfiguration({name}));
	}

	await using app = await openApp({engine});
	await app.shows('cache');
	await app.press('/w');
	await app.shows('2 of 3, filter: w');
	await app.press('o', 'r');
	await app.shows('1 of 3, filter: wor');
	await app.press(escape);
	await app.shows('╭─ 1 Containers 3');
	await app.press('/', 'web', enter);
	await app.shows('1 of 3, filter: web');
	await app.press(escape);
	t.regex(await app.shows('╭─ 1 Containers 3'), /worker/v);
	engine.close();
});

test('a page shows the next rows of the list, whatever its pane, and keeps one in view', async t => {
	const engine = createMemoryEngine();
	const names = Array.from({length: 60}, (_, index) => `row-${String(index).padStart(2, '0')}`);
	for (const name of names) {
		await engine.createVolume({name});
		await engine.createContainer(containerConfiguration({name, image: 'nginx:alpine'}));
	}

	await using app = await openApp({engine, columns: 80, rows: 24});
	const rows = () => app.lines().flatMap(line => /^│ {2}(?<name>row-\d\d) /v.exec(line)?.groups?.name ?? []);
	const showsFirst = async (name: string) => app.shows(new RegExp(String.raw`NAME.*\n│ {2}${name} `, 'v'));
	for (const [keys, top, visible] of [[['1', 'g'], names.at(-1)!, 6], [['z', 'g'], names.at(-1)!, 19], [['5', 'g'], names[0]!, 19]] as const) {
		await app.press(...keys);
		await showsFirst(top);
		await delay(50);
		const first = rows();
		t.is(first.length, visible);
		await app.press('\u{6}', '\u{6}');
		await showsFirst(first.at(-1)!);
		t.is(rows().length, visible);
		await app.press('\u{2}', '\u{2}');
		await showsFirst(top);
		t.deepEqual(rows(), first);
	}

	engine.close();
});

test('the jump field finds a command by its words and runs it in its place', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	await app.press(':', 'create network');
	await app.shows('Create a network');
	await app.press(enter);
	await app.shows('New network');
	t.like(app.controller.getState(), {focus: 'networks'});
});

test('logs of several containers are merged, with the container in each line', async t => {
	const engine = createMemoryEngine();
	for (const name of ['one', 'two']) {
		await engine.createContainer(containerConfiguration({name}));
		await engine.startContainer(name);
	}

	await using app = await openApp({engine});
	await app.shows(/two\s+running/v);
	await app.press('*', 'l');
	const text = await app.shows(/Logs of two, one[\s\S]*one {12}\S/v);
	t.regex(text, /two {12}\S/v);
	engine.close();
});

test('the cursor stays on its container when others are created', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'old'}));
	await using app = await openApp({engine});
	await app.shows('old');
	await app.press('g');
	await engine.createContainer(containerConfiguration({name: 'newer'}));
	await app.shows('newer');
	await app.press('i');
	t.regex(await app.shows('Container old'), /name: "old"/v);
	engine.close();
});

test('a container is connected to a network and disconnected from it', async t => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back'));
	await engine.createNetwork(networkConfiguration('front'));
	await engine.createContainer(containerConfiguration({name: 'web', networks: [{network: 'back', aliases: []}]}));
	await engine.startContainer('web');
	await using app = await openApp({engine, columns: 160});
	await app.shows('web');
	await app.press('C');
	await app.shows('Connect web to');
	await app.press('j', enter);
	await app.shows(/on front|front\s+192\.168\.66\.0\/24\s+\S+\s+1\/253/v);
	t.deepEqual((await engine.container('web')).attachments.map(({network}) => network).toSorted(), ['back', 'front']);
	await app.press('X');
	await app.shows('Disconnect web from');
	await app.press(enter);
	await app.shows('Disconnect web from back?');
	await app.press(tab, enter);
	await app.shows(/back\s+192\.168\.65\.0\/24\s+\S+\s+0\/253/v);
	t.deepEqual((await engine.container('web')).attachments.map(({network}) => network), ['front']);
	engine.close();
});

test('a name is resolved on the host and in a container', async t => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('shop'));
	await engine.createContainer(containerConfiguration({name: 'web', networks: [{network: 'shop', aliases: []}]}));
	await engine.startContainer('web');
	await using app = await openApp({engine});
	await app.shows(/web\s+running/v);
	await app.press('r');
	await app.shows('Resolve from the host and web');
	await app.press('localhost', enter);
	const text = await app.shows('Addresses of localhost');
	t.regex(text, /From the host:[\s\S]*(?:127\.0\.0\.1|::1)/v);
	t.regex(text, /From web:/v);
	await app.press(escape);
	await app.shows(/^(?![\s\S]*Addresses of localhost)/v);
	await app.press('r');
	await app.shows('Resolve from the host and web');
	await app.press('web', enter);
	t.regex(await app.shows('Addresses of web'), /From web:[^\n]*\n.*? 192\.168\.65\.2\s+web/v);
	await app.press(escape);
	await delay(30);
	await app.press('r', '--help', enter);
	await app.shows('Not a host name');
	engine.close();
});

test('a shell opens in running containers only', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web'}));
	const asked: string[] = [];
	await using app = await openApp({
		engine,
		async joinSession(_, {type, name}) {
			asked.push(`${type} ${name}`);
			return 'it was left';
		},
	});
	await app.shows('web');
	await app.press('e');
	await app.shows('web is not running; s starts it');
	await app.press('s');
	await app.shows(/web\s+running/v);
	await app.press('s');
	await app.shows('web runs already; e opens a shell');
	await app.press('e');
	await app.shows('it was left');
	await app.press('p');
	await app.shows(/web\s+paused/v);
	await app.press('s');
	await app.shows('web is paused; p resumes it');
	t.deepEqual(asked, ['shell web']);
	engine.close();
});

test('a job can be cancelled', async t => {
	const engine = createMemoryEngine();
	let isAborted = false;
	const slow: Engine = {
		...engine,
		async * pullImage(reference, options) {
			yield {status: 'Downloading', id: 'layer', current: 25, total: 100};
			await new Promise<void>((_, reject) => {
				options?.signal?.addEventListener('abort', () => {
					isAborted = true;
					reject(new HolmError('unavailable', `${reference} was not pulled`));
				});
			});
		},
	};
	await using app = await openApp({engine: slow});
	await app.shows('No containers');
	await app.press('4', 'c', enter);
	await app.shows(' Pull: ');
	await app.press('redis:8', enter);
	await app.shows('Pulling redis:8… 25%');
	await app.press('\u{18}');
	await app.shows('Pulling redis:8: cancelled');
	t.true(isAborted);
	engine.close();
});

const contextDirectory = async (dockerfile: string) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-context-'));
	await writeFile(path.join(directory, 'Dockerfile'), dockerfile);
	return directory;
};

test('B builds an image from a directory, and a failure keeps the form', async t => {
	const engine = createMemoryEngine();
	const directory = await contextDirectory('FROM redis:alpine\nCOPY Dockerfile /kept\n');
	await using app = await openApp({engine, columns: 150});
	await app.shows('No containers');
	await app.press('4', 'B');
	await app.shows('Build an image');
	await app.press(`${directory}-not`, tab, 'shop-web:2', enter);
	await app.shows(new RegExp(`Directory +${directory}-not[^\\n]*\\n[^\\n]*${directory}-not`, 'v'));
	await app.shows(`holm build --tag shop-web:2 ${directory}-not`);
	await app.press(...Array.from({length: 4}, () => '\u{7F}'), enter);
	await app.shows('Built shop-web:2');
	await app.shows(/^\S+\s+shop-web:2\s/mv);
	const images = await engine.images();
	t.true(images.some(({tags}) => tags.some(tag => tag.endsWith('shop-web:2'))));
	engine.close();
	await rm(directory, {recursive: true});
});

test('the build form requires a directory and a valid tag', async t => {
	await using app = await openApp({columns: 150});
	await app.shows('No containers');
	await app.press('4', 'B');
	await app.press(tab, 'NOT A TAG', enter);
	const text = await app.shows('required; . is the working directory');
	t.regex(text, /Tag\s+NOT A TAG[^\n]*\n[^\n]*not a valid tag/v);
	t.regex(text, /Build an image/v);
});

test('a build shows its progress, and Ctrl-X cancels it', async t => {
	const engine = createMemoryEngine();
	const directory = await contextDirectory('FROM redis:alpine\n');
	let isAborted = false;
	const slow: Engine = {
		...engine,
		async * buildImage(_context, {signal}) {
			yield {text: 'STEP 1/1: FROM redis:alpine\n\u{1B}[2J'};
			await new Promise<void>((_, reject) => {
				signal?.addEventListener('abort', () => {
					isAborted = true;
					reject(new HolmError('unavailable', 'the build ended'));
				});
			});
		},
	};
	await using app = await openApp({engine: slow, columns: 150});
	await app.shows('No containers');
	await app.press('4', 'B', directory, tab, 'slow', enter);
	await app.shows(String.raw`Building slow… \x1b[2J`);
	await app.press('\u{18}');
	await app.shows('Building slow: cancelled');
	t.true(isAborted);
	engine.close();
	await rm(directory, {recursive: true});
});

test('the lines shown are saved, and an existing file is replaced only after a question', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-save-'));
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web', command: ['sh', '-c', 'echo a line to keep; echo another line']}));
	await engine.startContainer('web');
	const taken = path.join(directory, 'taken.log');
	await writeFile(taken, 'mine');
	await using app = await openApp({engine});
	await app.shows('another line');
	await app.press('3', '&', 'keep', enter);
	await app.shows('filter keep: 1 line');
	await app.press('\u{13}');
	await app.shows('Save 1 line to: web.log');
	await app.press('\u{15}', taken, enter);
	const question = await app.shows('taken.log exists');
	t.regex(question, /Save to taken-2\.log[\s\S]*Overwrite taken\.log \(4B\)[\s\S]*Cancel/v);
	await app.press(enter);
	await app.shows(`Saved 1 line to ${path.join(directory, 'taken-2.log')}`);
	t.is(await readFile(taken, 'utf8'), 'mine');
	t.regex(await readFile(path.join(directory, 'taken-2.log'), 'utf8'), /^\d{4}-\d{2}-\d{2}T[\d:.]+Z a line to keep\n$/v);
	await app.press('\u{13}');
	await app.shows('Save 1 line to');
	await app.press('\u{15}', taken, enter);
	await app.shows('taken.log exists');
	await app.press('j', enter);
	await app.shows(`Saved 1 line to ${taken}`);
	t.regex(await readFile(taken, 'utf8'), /Z a line to keep\n$/v);
	await app.press('\u{13}');
	await app.shows('Save 1 line to');
	await app.press('\u{15}', path.join(directory, 'no', 'web.log'), enter);
	await app.shows('its directory does not exist');
	await rm(directory, {recursive: true});
	engine.close();
});

test('the log reader: levels, forms, errors, ranges, copies of what is shown', async t => {
	const engine = createMemoryEngine();
	const lines = ['{"level":50,"msg":"it broke","code":7}', 'level=info msg=ready port=80', 'plain', '[error] once more', 'the end'];
	await engine.createContainer(containerConfiguration({name: 'web', command: ['sh', '-c', lines.map(line => `echo '${line}'`).join('; ')]}));
	await engine.startContainer('web');
	await using app = await openApp({engine, rows: 50});
	await app.shows(/│E \{"level":50[\s\S]*│I level=info[\s\S]*│ {2}plain[\s\S]*│E \[error\] once more/v);
	await app.press('3', 'J');
	await app.shows(/│E +[\d:.]+ ERROR it broke code=7 [\s\S]*INFO {2}ready port=80 [\s\S]*│ {2}plain/v);
	await app.press('J');
	await app.shows(/│E \{ [\s\S]*│ {4}"msg": "it broke",[\s\S]*│ {2}\}/v);
	await app.press('J', 'e');
	await app.shows('Error 2 of 2');
	await app.press('y');
	await app.shows('Copied: [error] once more');
	await app.press('E');
	await app.shows('Error 1 of 2');
	await app.press('E');
	await app.shows('No error before this line, 2 in all');
	await app.press('v', 'j', 'j');
	await app.shows('3 lines selected');
	await app.press('y');
	await app.shows('Copied 3 lines');
	t.deepEqual(app.copied, ['[error] once more', lines.slice(0, 3).join('\n')]);
	t.notRegex(app.lines().join('\n'), /selected/v);
	await app.press('G', '&', 'level', enter);
	await app.shows('filter level: 2 lines');
	await app.press('y');
	await app.shows('Copied: level=info msg=ready port=80');
	engine.close();
});

test('statistics are read only for views that show them', async t => {
	const engine = createMemoryEngine();
	const asked: Array<boolean | undefined> = [];
	const counting: Engine = {
		...engine,
		async snapshot(options) {
			asked.push(options?.stats);
			return engine.snapshot(options);
		},
	};
	await using app = await openApp({engine: counting});
	await app.shows('No containers');
	const next = async () => {
		const {length} = asked;
		app.store.refresh();
		while (asked.length === length) {
			await delay(5);
		}

		return asked.at(-1);
	};

	t.true(await next());
	await app.press('4');
	await app.shows('4 Images');
	t.false(await next());
	await app.press('9');
	await app.shows('There is nothing to show');
	t.true(await next());
	engine.close();
});

test('c creates a volume in the volumes, and pulls or builds an image in the images', async t => {
	const engine = createMemoryEngine();
	await using app = await openApp({engine});
	await app.shows('No containers');
	await app.press('5', 'c');
	await app.shows('New volume');
	await app.press('data', tab, 'team=shop');
	await app.shows('holm volume create --label team=shop data');
	await app.press(enter);
	await app.shows('Created volume data');
	await app.shows(/data\s+named/v);
	t.like(await engine.volume('data'), {labels: {team: 'shop'}});
	await app.press('4', 'c');
	await app.shows('Pull an image from a registry');
	await app.press(enter);
	await app.shows(' Pull: ');
	await app.press(escape);
	await delay(30);
	await app.press('c', 'j', enter);
	await app.shows('Build an image');
	await app.press(escape);
	await delay(30);
	await app.press('c', 'j', 'j', enter);
	await app.shows('New container');
	t.regex(await app.shows(/Image\s+nginx:alpine/v), /New container/v);
	engine.close();
});

test('b switches between log and boot log, which can be searched', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web', command: ['echo', 'hello from web']}));
	await engine.startContainer('web');
	await using app = await openApp({engine});
	await app.shows('hello from web');
	await app.press('9', 'b');
	await app.shows('Boot log of web');
	await app.shows(/Linux version|Kernel|kernel/v);
	t.false(app.lines().join('\n').includes('hello from web'));
	await app.press('/', 'linux', enter);
	await app.shows(/Boot log of web \| search linux: \d+ match/v);
	await app.press('3', 'T');
	await app.shows('Logs since: 1 min');
	await app.press('j');
	t.notRegex(await app.shows('Boot log of web'), /since 1 min/v);
	await app.press('b');
	await app.shows('since 1 min');
	await app.press('b');
	await app.shows('Boot log of web');
	t.notRegex(app.lines().join('\n'), /since 1 min/v);
	await app.press('b');
	await app.shows('hello from web');
	await app.press('3', '&', 'hello', enter);
	await app.shows(/filter hello: 1 line /v);
	await app.press('?');
	await app.shows('Switch between log and boot log');
	engine.close();
});

test('an engine without machines has no key for boot logs', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web', command: ['echo', 'hello from web']}));
	await engine.startContainer('web');
	const {bootLog, ...docker} = engine;
	t.truthy(bootLog);
	await using app = await openApp({
		engine: {
			...docker,
			async snapshot(options) {
				const snapshot = await engine.snapshot(options);
				return {...snapshot, containers: snapshot.containers.map(({machine, ...container}) => container)};
			},
		},
		rows: 80,
	});
	await app.shows('hello from web');
	await app.press('b');
	await delay(150);
	t.false(app.controller.getState().isBootLog);
	await app.press('?');
	const text = await app.shows('Everywhere');
	t.notRegex(text, /Boot log/v);
	engine.close();
});

test('a dialog scrolls to its end and no further', async t => {
	await using app = await openApp({columns: 80, rows: 24});
	await app.shows('No containers');
	await app.press('?');
	await app.shows('Logs of the selected');
	await app.press('G');
	await app.shows('Close');
	const bottom = app.lines().join('\n');
	await app.press('j', ' ', 'j');
	t.is(app.lines().join('\n'), bottom);
	await app.press('k');
	t.not(app.lines().join('\n'), bottom);
	await app.press('g');
	await app.shows('Logs of the selected');
});
