import test from 'ava';
import {layOutColumns} from '../../source/commands/print/columns.js';
import {containerRow, portsText, statusText} from '../../source/commands/print/container-rows.js';
import {humanDuration} from '../../source/text/durations.js';
import {escapeControls, escapeControlsInLines} from '../../source/text/escape.js';
import {printProgress} from '../../source/commands/print/progress.js';
import {renderRows, type Row} from '../../source/commands/print/rows.js';
import {binarySize, decimalSize} from '../../source/text/sizes.js';
import {cpuShare} from '../../source/commands/print/stats-rows.js';
import {printSteps} from '../../source/commands/print/steps.js';
import {widthOf} from '../../source/text/width.js';
import type {ContainerStats, Progress} from '../../source/engine/resources.js';
import {container, configuration, noon} from '../engine/resources.js';
import {createContext} from './helpers/context.js';

const seconds = 1000;
const day = 86_400 * seconds;

test('durations as Docker says them', t => {
	const said = [0.5, 1, 59, 60, 119, 120, 3599, 3600, 5400, 47 * 3600].map(count => humanDuration(count * seconds));
	t.deepEqual(said, ['Less than a second', '1 second', '59 seconds', 'About a minute', 'About a minute', '2 minutes', '59 minutes', 'About an hour', '2 hours', '47 hours']);
	t.deepEqual([2, 13, 14, 60, 729, 730].map(count => humanDuration(count * day)), ['2 days', '13 days', '2 weeks', '2 months', '24 months', '2 years']);
});

test('sizes as Docker says them', t => {
	t.deepEqual([0, 999, 1000, 241_000_000, 1_234_567_890].map(bytes => decimalSize(bytes)), ['0B', '999B', '1kB', '241MB', '1.23GB']);
	t.deepEqual([1023, 1024, 536_870_912, 1_600_000_000].map(bytes => binarySize(bytes)), ['1023B', '1KiB', '512MiB', '1.49GiB']);
});

test('nothing of a container moves the cursor or turns text around', t => {
	t.is(escapeControls('a\u{1B}[2Jb\r\n\t\u{7}\u{9B}\u{202E}c'), String.raw`a\x1b[2Jb\r\n\t\x07\u009b\u202ec`);
	t.is(escapeControls('\u{7F}\u{61C}\u{2066}\u{2028}\u{E0041}'), String.raw`\u007f\u061c\u2066\u2028\udb40\udc41`);
	t.is(escapeControlsInLines('a\n\tb\u{1B}'), 'a\n\tb\\x1b');
	t.is(escapeControls('Grüße 日本 👍'), 'Grüße 日本 👍');
});

test('columns are as wide as what is in them', t => {
	t.is(layOutColumns([['A', 'LONG', 'C'], ['aaaa', 'b', 'c'], ['', '', '']]), 'A      LONG   C\naaaa   b      c\n\n');
	t.is(widthOf('日本'), 4);
	t.is(widthOf('e\u{301}'), 1);
	t.is(widthOf('\u{1B}[31mred\u{1B}[39m'), 3);
});

test('what a container is doing', t => {
	t.is(statusText({status: {state: 'created'}}, noon), 'Created');
	const running = {state: 'running', pid: 1, startedAt: noon - (180 * seconds)} as const;
	t.is(statusText({status: running}, noon), 'Up 3 minutes');
	for (const [status, text] of [['starting', 'health: starting'], ['healthy', 'healthy'], ['unhealthy', 'unhealthy']] as const) {
		t.is(statusText({status: running, health: {status, failingStreak: 0, log: []}}, noon), `Up 3 minutes (${text})`);
	}

	const health = {status: 'unhealthy', failingStreak: 0, log: []} as const;
	t.is(statusText({status: {...running, state: 'paused'}, health}, noon), 'Up 3 minutes (Paused)');
	t.is(statusText({
		status: {
			state: 'exited', exitCode: 137, outOfMemory: false, startedAt: 0, finishedAt: noon - (5 * seconds),
		},
		health,
	}, noon), 'Exited (137) 5 seconds ago');
	t.is(statusText({status: {state: 'restarting', exitCode: 1, finishedAt: noon - (5 * seconds)}}, noon), 'Restarting (1) 5 seconds ago');
});

const port = (hostPort: number, containerPort: number, hostAddress = '0.0.0.0', protocol: 'tcp' | 'udp' = 'tcp') => ({
	hostAddress, hostPort, containerPort, protocol,
});

test('ports, neighbours as a range', t => {
	t.is(portsText({ports: [port(8000, 8000)], exposedPorts: ['8000/tcp', '6379/tcp']}), '0.0.0.0:8000->8000/tcp, 6379/tcp');
	t.is(portsText({ports: [port(8080, 80), port(8080, 80, '::')], exposedPorts: []}), '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp');
	t.is(portsText({ports: [port(8001, 81), port(8000, 80), port(8002, 82), port(9000, 90)], exposedPorts: []}), '0.0.0.0:8000-8002->80-82/tcp, 0.0.0.0:9000->90/tcp');
	t.is(portsText({ports: [port(53, 53, '::1', 'udp')], exposedPorts: []}), '[::1]:53->53/udp');
});

test('a row of ps', t => {
	const row = containerRow(container(), {now: noon, full: false});
	t.like(row, {
		ID: 'abababababab', Names: 'my-redis-db', Image: 'redis:alpine', Command: '"redis-server"', RunningFor: '2 minutes ago', Status: 'Up About a minute', Ports: '',
	});
	t.is(containerRow(container(), {now: noon, full: true}).ID, 'ab'.repeat(32));
	const long = container({
		process: {
			arguments: ['python', 'app.py', '--with-many-flags'], environment: [], workingDirectory: '/', user: '',
		},
	});
	t.is(containerRow(long, {now: noon, full: false}).Command, '"python app.py --wit…"');
	const labelled = containerRow(container({configuration: configuration({labels: {tier: 'db'}})}), {now: noon, full: false});
	t.is((labelled.Label as (key: string) => string)('tier'), 'db');
});

const rows: readonly Row[] = [
	{
		ID: '1', Names: 'web', Note: 'a\u{1B}b', Label: (key: unknown) => `<${String(key)}>`,
	},
	{
		ID: '22', Names: 'db', Note: '', Label: () => '',
	},
];
const options = {columns: {ID: 'CONTAINER ID', Names: 'NAMES'}};

test('a list as a table, as ids, as JSON and by a template', async t => {
	t.is(await renderRows(rows, options, true), 'CONTAINER ID   NAMES\n1              web\n22             db\n');
	t.is(await renderRows([], options, true), 'CONTAINER ID   NAMES\n');
	t.is(await renderRows(rows, {...options, quiet: 'ID'}, true), '1\n22\n');
	t.is(await renderRows([], {...options, quiet: 'ID'}, true), '');
	t.is(await renderRows(rows, {...options, format: 'json'}, true), '{"ID":"1","Names":"web","Note":"a\\u001bb"}\n{"ID":"22","Names":"db","Note":""}\n');
	t.is(await renderRows(rows, {...options, format: '{{.Names}}: {{.Label "x"}}'}, false), 'web: <x>\ndb: \n');
	const table = await renderRows(rows, {...options, format: String.raw`table {{.Names}}\t{{.Label "tier"}}\t{{.ID}}`}, false);
	t.is(table, 'NAMES   tier     CONTAINER ID\nweb     <tier>   1\ndb               22\n');
	await t.throwsAsync(renderRows(rows, {...options, format: '{{.Nmaes}}'}, false), {message: /there is no field .Nmaes/v});
	await t.throwsAsync(renderRows(rows, {...options, format: 'names'}, false), {message: 'invalid format "names"'});
});

test('what would move a terminal\'s cursor is escaped there and left alone in a pipe', async t => {
	t.is(await renderRows(rows.slice(0, 1), {...options, format: '{{.Note}}'}, true), 'a\\x1bb\n');
	t.is(await renderRows(rows.slice(0, 1), {...options, format: '{{.Note}}'}, false), 'a\u{1B}b\n');
});

const stats = (cpuNanoseconds: number, systemCpuNanoseconds: number): ContainerStats => ({
	readAt: 0,
	cpuNanoseconds,
	systemCpuNanoseconds,
	cpus: 2,
	memoryBytes: 0,
	memoryLimitBytes: 0,
	pids: 1,
	networks: {},
	blockReadBytes: 0,
	blockWrittenBytes: 0,
});

test('the share of CPU time, in percent of one CPU', t => {
	t.is(cpuShare(stats(0, 0), stats(1e9, 2e9)), 100);
	t.is(cpuShare(stats(0, 0), stats(0, 2e9)), 0);
	t.is(cpuShare(stats(5, 5), stats(1, 1)), 0, 'the container was started again');
});

const pull: readonly Progress[] = [
	{status: 'Pulling from library/redis'},
	{
		id: 'aaa', status: 'Downloading', current: 500, total: 1000,
	},
	{
		id: 'bbb', status: 'Downloading', current: 0, total: 1000,
	},
	{
		id: 'aaa', status: 'Downloading', current: 1000, total: 1000,
	},
	{id: 'aaa', status: 'Complete\u{1B}'},
	{imageId: 'sha256:1'},
];

const stream = async function * <Item>(items: readonly Item[]) {
	yield * items;
};

test('progress in a pipe is a line a change', async t => {
	const context = createContext();
	t.is(await printProgress(stream(pull), context.stdout), 'sha256:1');
	t.is(context.output(), 'Pulling from library/redis\naaa: Downloading\nbbb: Downloading\naaa: Complete\\x1b\n');
});

test('progress on a terminal rewrites a line in place', async t => {
	const context = createContext({isTerminal: true});
	await printProgress(stream(pull), context.stdout);
	t.is(context.output(), [
		'Pulling from library/redis\n',
		'aaa: Downloading 500B/1kB\n',
		'bbb: Downloading 0B/1kB\n',
		'\u{1B}[2A\r\u{1B}[2Kaaa: Downloading 1kB/1kB\u{1B}[2B\r',
		'\u{1B}[2A\r\u{1B}[2Kaaa: Complete\\x1b\u{1B}[2B\r',
	].join(''));
});

test('steps tell how long they took where that is over a second', async t => {
	let time = 0;
	const context = createContext();
	const steps = async function * () {
		yield {step: 'packages', detail: ''};
		yield {step: 'kernel', detail: 'downloading'};
		time = 2500;
		yield {step: 'kernel', detail: 'unpacking'};
	};

	await printSteps(steps(), context.stdout, () => time);
	t.is(context.output(), 'packages\nkernel: downloading\nkernel: unpacking\nkernel (2.5 s)\n');
});
