import {setTimeout as delay} from 'node:timers/promises';
import {stripVTControlCharacters as plain} from 'node:util';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {entriesOf, findEntries, mostShown} from '../../../source/dashboard/jump/entries.js';
import {matchedIn, scoreOf, wordsOf} from '../../../source/dashboard/jump/fuzzy.js';
import {entryLine} from '../../../source/dashboard/jump/jump.js';
import {configuredKeyMaps} from '../../../source/dashboard/keys/key-maps.js';
import {createTheme} from '../../../source/dashboard/frame/theme.js';
import {widthOf} from '../../../source/text/width.js';
import {container} from '../../engine/resources.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';
const controlP = '\u{10}';

const keyMaps = configuredKeyMaps({});

const searched = (label: string, detail = '') => ({label, detail});

test('a run of letters is better than scattered ones, and best at the beginning of the name or of a word', t => {
	const order = ['web', 'web-1', 'shop-web', 'cobweb', 'wide-ebb'];
	const scores = order.map(label => scoreOf(['web'], searched(label)));
	t.deepEqual(scores.toSorted((a, b) => b - a), scores);
	t.true(scores.every(score => score > 0));
	t.is(scoreOf(['web'], searched('bew')), 0);
	t.is(scoreOf(['web'], searched('x', 'w e b')), 0);
	t.true(scoreOf(['web'], searched('x', 'on web')) > 0);
	t.true(scoreOf(['web', 'back'], searched('web', 'on back')) > 0);
	t.is(scoreOf(['web', 'front'], searched('web', 'on back')), 0);
	t.deepEqual([...matchedIn(['we'], searched('shop-web')).label], [5, 6]);
	t.deepEqual([...matchedIn(['sw'], searched('shop-web')).label], [0, 5]);
	t.deepEqual([...matchedIn(['on'], searched('x', 'on back')).detail], [0, 1]);
	t.deepEqual(wordsOf(`  A  ${'b'.repeat(200)}`), ['a', 'b'.repeat(95)]);
});

const snapshotOf = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.7.0.0/24'}));
	await engine.createContainer(containerConfiguration({name: 'shop-web', networks: [{network: 'back', aliases: ['www']}], ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}], labels: {'com.docker.compose.project': 'shop'}}));
	await engine.createContainer(containerConfiguration({name: 'cache'}));
	await engine.createVolume({name: 'data'});
	return engine;
};

test('containers, projects, networks, images, volumes, names, addresses, ports, views and actions are found', async t => {
	const engine = await snapshotOf();
	const entries = entriesOf({snapshot: await engine.snapshot(), keyMaps, place: 'containers', selected: 'cache'});
	const best = (query: string) => {
		const [first] = findEntries(entries, query, []).entries;
		return `${first?.kind} ${first?.label}`;
	};

	t.deepEqual(['shopw', 'shop', 'back', 'nginx', 'data', 'www', '10.7.0.2', '10.7.0.1', '8080', 'topo', 'restart', 'create net'].map(query => best(query)), [
		'container shop-web', 'project shop', 'network back', 'image nginx:alpine', 'volume data', 'name www', 'address 10.7.0.2', 'address 10.7.0.1', 'port 8080', 'view Topology', 'action Restart, with confirmation', 'action Create a network',
	]);
	const [first] = findEntries(entries, '', []).entries;
	t.regex(first!.detail, /^cache /v, 'without a query the actions of what is chosen come first');
	t.is(findEntries(entries, '', ['port x', 'volume data']).entries[0]?.key, 'volume data');
	t.is(findEntries(entries, 'zzzz', []).count, 0);
	engine.close();
});

test('thousands of objects are bounded, and a hostile name is escaped', t => {
	const containers = Array.from({length: 5000}, (_, index) => container({id: String(index), name: `shop-${index}`, configuration: containerConfiguration()}));
	const {entries, count} = findEntries(entriesOf({snapshot: {readAt: 0, containers, networks: [], images: [], volumes: [], stats: {}}, keyMaps, place: 'containers'}), 'shop', []);
	t.is(entries.length, mostShown);
	t.true(count >= 5000);
	const hostile = container({id: 'x', name: '\u{1B}[2J\u{202E}evil', configuration: containerConfiguration()});
	const found = findEntries(entriesOf({snapshot: {readAt: 0, containers: [hostile], networks: [], images: [], volumes: [], stats: {}}, keyMaps, place: 'containers'}), 'evil', []).entries;
	t.notRegex(found[0]!.label, /[\u{1B}\u{202E}]/v); // eslint-disable-line no-control-regex, regexp/no-control-character -- they are what it is about
});

test('matched letters are marked, and a row has the width of the field', t => {
	const theme = createTheme({name: 'dark', depth: '16', ascii: false});
	const entry = {key: '', kind: 'container', label: 'shop-wéb', detail: 'running 日本', searched: searched('shop-wéb', 'running 日本'), target: {type: 'filter', list: 'dns', text: ''}, weight: 0} as const;
	const line = entryLine(entry, ['wéb'], {isSelected: false, width: 60, theme});
	t.true(line.includes(theme.paint('match', 'wéb')));
	for (let width = 14; width < 70; width++) {
		t.is(widthOf(plain(entryLine(entry, ['shop', 'run'], {isSelected: true, width, theme}))), width);
	}
});

test('a jump goes to an object whatever hides it, is remembered, and Esc comes back', async t => {
	const engine = await snapshotOf();
	await using app = await openApp({engine});
	await app.shows('shop-web');
	await app.press('a', '/', 'zzz', enter);
	await app.shows('No matches');
	await app.press('4', controlP);
	await app.shows('letters of a name');
	await app.press('www');
	await app.shows(/name +www +10\.7\.0\.2 on back shop-web/v);
	await app.press('\u{17}', '10.7.0.2');
	await app.shows(/address +10\.7\.0\.2 +shop-web on back/v);
	await app.press(enter);
	await app.shows(/Containers › Images › Containers .*\n[\s\S]*shop-web +created/v);
	t.like(app.controller.getState(), {view: 'main', focus: 'containers', areStoppedShown: true});
	await app.press('i');
	await app.shows('Container shop-web');
	await app.press('q', 'q');
	await app.shows('╭─ 4 Images');
	await app.press(':');
	await app.shows(/: letters of a name.*\n.*│ address +10\.7\.0\.2/v);
	await app.press(escape);
	await delay(40);
	t.is(app.controller.getState().dialog, undefined);
	await app.press('q');
	t.like(app.controller.getState(), {view: 'main', places: []});
	await app.press(':', 'shop-w', enter, ':', 'cache', enter);
	await app.press('i');
	await app.shows('Container cache');
	await app.press('q', 'q', 'i');
	await app.shows('Container shop-web');
	engine.close();
});

test('an object that is gone meanwhile is said to be', async t => {
	const engine = await snapshotOf();
	await using app = await openApp({engine});
	await app.shows('shop-web');
	await app.press(':', 'cache');
	await app.shows(/container +cache/v);
	await engine.removeContainer('cache', {force: true});
	await app.shows('0/1 running');
	await app.press(enter);
	await app.shows('cache is gone');
	t.is(app.controller.getState().places.length, 0);
	engine.close();
});

test('the old name of the palette is still the name of its keys', async t => {
	await using app = await openApp({keys: {'global.palette': ['W']}});
	await app.shows('No containers');
	await app.press('W');
	t.regex(await app.shows('letters of a name'), /Jump/v);
});
