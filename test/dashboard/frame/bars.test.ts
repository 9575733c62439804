import {stripVTControlCharacters as plain} from 'node:util';
import test from 'ava';
import {widthOf} from '../../../source/text/width.js';
import {footerLine} from '../../../source/dashboard/frame/bars.js';
import {headerBars} from '../../../source/dashboard/frame/header.js';
import type {Place, UiState} from '../../../source/dashboard/state/ui-state.js';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const itemsOf = (line: string) => line.trim().split(/ {2,}/v);

type App = Awaited<ReturnType<typeof openApp>>;

/** The header's lines in a terminal of this size. */
const headerOf = (
	{controller, store}: App,
	columns: number,
	rows: number,
	{given = {}, ...ui}: Partial<UiState> & {readonly given?: Partial<ReturnType<typeof store.getState>>} = {},
): readonly string[] => headerBars({
	store: {...store.getState(), ...given},
	ui: {...controller.getState(), ...ui},
	items: controller.listItems(),
	isReadOnly: false,
	theme: controller.theme,
}, {columns, rows}).map(({line}) => plain(line));

test('the first line of the header and the footer end with a whole item in every width', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const {controller} = app;
	const header = (width: number) => headerOf(app, width, 40)[0]!;
	const footer = (width: number) => plain(footerLine(controller, controller.getState(), width));
	for (const [bar, count] of [[header, 6], [footer, 8]] as const) {
		const all = itemsOf(bar(400));
		t.true(all.length >= count);
		let last = 0;
		for (let width = 30; width <= 200; width++) {
			const line = bar(width);
			const items = itemsOf(line);
			t.true(line.length <= width);
			t.deepEqual(items, all.slice(0, items.length), `in ${width} columns`);
			t.true(items.length >= last);
			last = items.length;
		}

		t.is(last, all.length);
	}
});

test('the footer drops help and jump last', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const footer = (width: number) => plain(footerLine(app.controller, app.controller.getState(), width));
	t.is(footer(16).trimEnd(), ' ? help  : jump');
	t.is(footer(8).trimEnd(), ' ? help');
});

test('a lost connection and a job are cut, not left out', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const {controller} = app;
	t.regex(headerOf(app, 80, 40, {given: {connection: {state: 'connected'}, roundTripMs: 41.7}})[0]!, /connected.* 42 ms away/v);
	const lost = {connection: {state: 'lost', since: 0, reason: 'the socket is gone', remedy: 'start it'}} as const;
	for (const rows of [24, 40]) {
		t.is(headerOf(app, 40, rows, {given: lost})[0], ' holm  LOST since 00:00:00 UTC, reconne…');
	}

	const job = {id: 1, title: 'Pulling docker.io/library/redis:alpine', progress: '25%', parts: [], startedAt: 0, commands: [], isCancelled: false, cancel() {}};
	const footer = (width: number) => plain(footerLine(controller, {...controller.getState(), jobs: [job]}, width));
	t.is(footer(20), ' Pulling docker.io/…');
	t.is(footer(80), ' Pulling docker.io/library/redis:alpine… 25% Ctrl-X cancels');
});

const withFailures = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back'));
	for (const [name, command] of [['web', ['sleep', '1000']], ['broken', ['sh', '-c', 'exit 3']]] as const) {
		await engine.createContainer(containerConfiguration({name, command: [...command]}));
		await engine.startContainer(name);
	}

	await engine.waitContainer('broken');
	return engine;
};

test('the tabs are the keys 1 to 9 with counts and failures, and become shorter in order', async t => {
	const engine = await withFailures();
	await using app = await openApp({engine});
	await app.shows('exited 3');
	const tabs = (columns: number, ui = {}) => headerOf(app, columns, 40, ui)[1]!.trim().replaceAll(/ +/gv, ' ');
	const whole = '1 Containers 2 !1 2 Networks 2 3 Logs 4 Images 4 5 Volumes 2 6 DNS 7 Events 8 Topology 9 Machine';
	t.is(tabs(130), whole);
	t.is(tabs(100), whole);
	t.is(tabs(80), '1 Cont 2 !1 2 Net 2 3 Logs 4 Img 4 5 Vol 2 6 DNS 7 Events 8 Topo 9 Mach');
	t.is(tabs(40), '1 Cont 2 !1 2 3 4 5 6 7 8 9');
	t.is(tabs(30, {view: 'images'}), '1!1 2 3 4 Img 4 5 6 7 8 9');
	for (let columns = 30; columns < 140; columns++) {
		for (const rows of [24, 40]) {
			const lines = headerOf(app, columns, rows);
			t.true(lines.every(line => widthOf(line) <= columns), `${columns} columns`);
			t.regex(lines.at(-1)!, /9(?: Mach(?:ine)?)?\s*$/v, `${columns} columns`);
		}
	}

	engine.close();
});

test('crumbs show the way, its end first if the room is short, and a low terminal has them in the line of the tabs', async t => {
	const engine = await withFailures();
	await using app = await openApp({engine});
	await app.shows('exited 3');
	await app.press('l', '8', '2', 'i');
	await app.shows('Network bridge');
	const way = 'Containers › broken › Logs › Topology › Networks › bridge › Inspect';
	t.true(app.lines()[0]!.includes(`  ${way} `));
	t.regex(headerOf(app, 60, 40)[0]!, /^ holm {2}first {2}connected {2}… › Networks › bridge › Inspect/v);
	t.regex(headerOf(app, 80, 24)[0]!, /^ holm {2}first {3}… › .*bridge › Inspect .*2 Net.* 9/v);
	await app.press('1');
	await app.shows('1 Containers 2');
	t.notRegex(app.lines()[0]!, /›/v);
	engine.close();
});

test('what crumbs show is escaped', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const place: Place = {view: 'main', focus: 'containers', isZoomed: false, isBootLog: false, crumbs: ['Containers']};
	const inspect = {title: 'Container \u{1B}[2Jx', root: {}, folded: new Set<string>(), cursor: 0, isJson: false, search: ''};
	t.true(headerOf(app, 120, 40, {view: 'inspect', inspect, places: [place]})[0]!.includes(String.raw`Containers › \x1b[2Jx › Inspect`));
});
