import test from 'ava';
import {lanesOf, timelineLines, timelineSentences} from '../../../source/dashboard/views/timeline.js';
import type {EngineEvent} from '../../../source/engine/resources.js';
import {container} from '../../engine/resources.js';

const minute = 60_000;
const from = new Date(2026, 1, 3, 12, 0, 0).getTime();
const to = from + (60 * minute);

const event = (minutes: number, id: string, action: string, attributes: EngineEvent['attributes'] = {}): EngineEvent =>
	({time: from + (minutes * minute), type: 'container', action, id, attributes: {name: id, ...attributes}});

const events = [
	event(5, 'before', 'die', {exitCode: '0', cause: 'process', by: 'none'}),
	event(10, 'web', 'start'),
	event(20, 'web', 'die', {exitCode: '1', cause: 'process', by: 'none'}),
	event(30, 'web', 'start'),
	event(40, 'stopped', 'start'),
	event(50, 'stopped', 'die', {exitCode: '143', cause: 'stop', by: 'holm'}),
];

const containers = [
	container({id: 'web', name: 'web', status: {state: 'running', pid: 1, startedAt: from + (30 * minute)}}),
	container({id: 'steady', name: 'steady', status: {state: 'running', pid: 1, startedAt: from - minute}}),
	container({id: 'never', name: 'never', status: {state: 'created'}}),
];

const lanes = lanesOf(events, containers, {from, to});
const at = (minutes: number) => from + (minutes * minute);

test('a lane has the runs of a container, also those that began or end outside of the events', t => {
	t.deepEqual(lanes.map(({name}) => name), ['web', 'before', 'steady', 'stopped'], 'those with failures first');
	t.deepEqual(lanes.map(({runs}) => runs), [
		[{from: at(10), to: at(20)}, {from: at(30), to}],
		[{from, to: at(5)}],
		[{from, to}],
		[{from: at(40), to: at(50)}],
	]);
});

test('a start that failed has no event, and is there', t => {
	const broken = container({id: 'broken', name: 'broken', status: {state: 'created'}, lastExit: {
		at: at(15), exitCode: 128, cause: {kind: 'start', reason: 'port 80 is in use'}, startedAt: 0,
	}});
	t.deepEqual(lanesOf([], [broken], {from, to}), [{
		name: 'broken', runs: [], starts: [], ends: [{time: at(15), isFailure: true, words: 'its start failed before it had a machine: port 80 is in use'}],
	}]);
});

test('lanes on one axis, with the failures below', t => {
	t.deepEqual(timelineLines(lanes, {from, to, width: 83, run: '-'}), [
		'                       12:00       12:12       12:24       12:36       12:48       ',
		'  web                            ^---------X         ^-----------------------------',
		'  before               -----x                                                      ',
		'  steady               ------------------------------------------------------------',
		'  stopped                                                      ^---------x         ',
		'',
		'^ start, X failure, x end on request or with status 0; one column is the time of several events',
		'',
		'Failures: 1',
		'  12:20:00  web  exit 1, the program reported an error, ended by itself',
	]);
});

test('the same as sentences', t => {
	t.deepEqual(timelineSentences(lanes, {from, to}), [
		'From 12:00:00 to 13:00:00',
		'web: 2 starts, 1 end, 1 failure, runs now',
		'before: 0 starts, 1 end, 0 failures, does not run',
		'steady: 0 starts, 0 ends, 0 failures, runs now',
		'stopped: 1 start, 1 end, 0 failures, does not run',
		'Failures: 1',
		'12:20:00  web  exit 1, the program reported an error, ended by itself',
	]);
	t.deepEqual(timelineSentences([], {from, to}).slice(1), ['No failures']);
});

test('a hostile name stays in its lane', t => {
	const hostile = lanesOf([event(1, '\n\u{1B}[2J', 'start')], [], {from, to});
	t.true(timelineLines(hostile, {from, to, width: 83, run: '-'}).every(line => !line.includes('\n') && !line.includes('\u{1B}')));
});
