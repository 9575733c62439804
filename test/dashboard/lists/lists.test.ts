import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp, type OpenOptions} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';

const compose = (project: string, service: string, needs = '') => ({
	'com.docker.compose.project': project, 'com.docker.compose.service': service, 'com.docker.compose.depends_on': needs,
});

/** Two projects on a network each, and a container of neither. */
const opened = async (options: OpenOptions = {}) => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('shop_default'));
	for (const [name, image, labels, networks] of [
		['shop-db', 'redis:alpine', compose('shop', 'db'), ['shop_default']],
		['shop-web', 'nginx:alpine', compose('shop', 'web', 'db:service_started:false'), ['shop_default']],
		['blog-web', 'nginx:alpine', compose('blog', 'web'), []],
		['loner', 'nginx:alpine', {}, []],
	] as const) {
		const attached = networks.map(network => ({network, aliases: []}));
		await engine.createContainer(containerConfiguration({name, image, labels, networks: attached}));
		await engine.startContainer(name);
	}

	const app = await openApp({engine, ...options});
	await app.shows('loner');
	return {
		...app,
		/** The names of the rows, with their marks. */
		names: () => app.lines().flatMap(line => /^│(?<mark>[ ●]) {1,3}(?<name>[▾▸]? ?[a-z\-]+) {2}.*(?:up|running|exited|created)/v.exec(line)?.slice(1, 3).join('').trim() ?? []),
		async [Symbol.asyncDispose]() {
			await app[Symbol.asyncDispose]();
			engine.close();
		},
	};
};

test('a filter that finds what is not on the screen says what it found, and the prompt counts', async t => {
	await using app = await opened({columns: 80});
	await app.press('/', 'nginx');
	await app.shows('3 of 4 match');
	t.regex(await app.shows('MATCH'), /loner +running +image: nginx:alpine/v);
	await app.press(enter);
	await app.shows('3 of 4, filter: nginx');
	await app.press('/', '\u{15}');
	await app.shows('name: project: state: image:');
	await app.press('shop-db', enter);
	t.notRegex(await app.shows('1 of 4, filter: shop-db'), /MATCH/v);
});

test('the columns stay where they are when a filter hides rows', async t => {
	await using app = await opened({columns: 160});
	const head = () => app.lines().find(line => line.includes('NAME  ') && line.includes('IMAGE'))!;
	const before = head();
	await app.press('/', 'loner', enter);
	await app.shows('1 of 4, filter: loner');
	t.is(head(), before);
});

test('marks that a filter hides are not acted on, and the question says so', async t => {
	await using app = await opened();
	await app.press('g', ' ', 'j', ' ');
	await app.shows('2 marked');
	await app.press('/', 'name=loner', enter);
	await app.shows('2 marked, 1 hidden');
	await app.press('D');
	await app.shows(/Remove loner\?[\s\S]*1 marked row is hidden and left out\./v);
	await app.press(escape);
	await delay(30);
	await app.press('p');
	await app.shows(/Pause loner\?[\s\S]*1 marked row is hidden and left out\./v);
	await app.press(escape);
	await delay(30);
	await app.press('/', '\u{15}', 'name=shop-db', enter);
	await app.shows('2 marked, 2 hidden');
	await app.press('D');
	await app.shows('2 marked rows are hidden; Esc clears the filter, then the marks');
	t.is(app.controller.getState().dialog, undefined);
});

test('Enter on a network shows only its containers, and Esc shows all', async t => {
	await using app = await opened();
	await app.press('2', 'j');
	await app.shows('Enter its containers');
	await app.press(enter);
	await app.shows('2 of 4, filter: network=shop_default');
	t.deepEqual(app.names(), ['▾ shop', 'shop-web', 'shop-db']);
	await app.shows('Esc shows all');
	await app.press(escape);
	await app.shows('1 Containers 4');
});

test('S and a letter sort by a column, again in the other direction, and a hidden column appears', async t => {
	await using app = await opened({columns: 80});
	await app.press('S');
	await app.shows(' S then  n name  s state  i image');
	t.regex(app.lines().join('\n'), /n NAME +s STATE/v);
	await app.press('n');
	await app.shows('NAME▲');
	t.deepEqual(app.names(), ['▾ blog', 'blog-web', 'loner', '▾ shop', 'shop-db', 'shop-web']);
	await app.press('S', 'n');
	await app.shows('NAME▼');
	t.deepEqual(app.names(), ['▾ shop', 'shop-web', 'shop-db', 'loner', '▾ blog', 'blog-web']);
	t.notRegex(app.lines().join('\n'), /RESTARTS/v);
	await app.press('S', 'r');
	await app.shows('RESTARTS▼');
	await app.press('S', '0');
	await app.shows(/^(?![\s\S]*RESTARTS)/v);
	await app.press('5', 'S', 'a');
	t.like(app.controller.getState().lists.volumes, {sort: 'created', isDescending: false});
});

test('the next column is one that is on the screen, and a click on a head sorts', async t => {
	await using app = await opened({columns: 80, mouse: true});
	const seen: Array<string | undefined> = [];
	for (let turn = 0; turn < 6; turn++) {
		await app.press('S', 'S');
		seen.push(app.controller.getState().lists.containers.sort);
	}

	t.deepEqual(seen, ['name', 'name', 'state', 'state', 'network', 'network']);
	const row = app.lines().findIndex(line => line.includes('NAME  '));
	const column = app.lines()[row]!.indexOf('STATE');
	for (const [isDescending, arrow] of [[false, 'STATE▲'], [true, 'STATE▼']] as const) {
		await app.press(`${escape}[<0;${column + 1};${row + 1}M`);
		await app.shows(arrow);
		t.like(app.controller.getState().lists.containers, {sort: 'state', isDescending});
	}
});

test('a project folds, counts, is marked, and is stopped, started and removed in order', async t => {
	await using app = await opened();
	t.deepEqual(app.names(), ['loner', '▾ blog', 'blog-web', '▾ shop', 'shop-web', 'shop-db']);
	await app.press('G', '-');
	await app.shows('▸ shop');
	t.deepEqual(app.names(), ['loner', '▾ blog', 'blog-web', '▸ shop']);
	await app.shows('Logs of shop-web, shop-db');
	await app.press('i');
	await app.shows('Project shop');
	await app.press(escape);
	await app.shows('▸ shop');
	await app.press('x');
	await app.shows(/Stop project shop, 2 containers\?[\s\S]*1\. Stop[\s\S]*shop-web[\s\S]*2\. Stop[\s\S]*shop-db/v);
	await app.press('y');
	await app.shows(/▸ shop +0\/2 up/v);
	await app.press('s');
	await app.shows(/▸ shop +2\/2 up/v);
	await app.press(' ');
	await app.shows('2 marked');
	await app.press(' ');
	await app.shows(/^(?![\s\S]*marked)/v);
	await app.press('D');
	await app.shows(/Remove project shop, 2 containers\?/v);
	await app.press('y');
	await app.shows('2/2 running');
	t.deepEqual((await app.engine.snapshot()).containers.map(({name}) => name), ['loner', 'blog-web']);
});

test('an unhealthy container of a project is counted in its heading', async t => {
	await using app = await opened();
	const {engine, store, shows} = app;
	const snapshot = await engine.snapshot();
	const sick = snapshot.containers.map(container => container.name === 'shop-db' ? {...container, health: {status: 'unhealthy' as const, failingStreak: 3, log: []}} : container);
	await store.switchTo({connect: async () => ({...engine, snapshot: async () => ({...snapshot, containers: sick})}), target: {title: 'sick', host: 'sick'}});
	t.regex(await shows('1 unhealthy'), /▾ shop +2\/2 up +1 unhealthy/v);
});
