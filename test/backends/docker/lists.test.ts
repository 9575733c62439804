import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {createSteadyTimes} from '../../../source/backends/docker/steady-times.js';
import {container, noon} from '../../engine/resources.js';
import {pretend, type Answerer} from './helpers/pretend.js';

const running = (words: string, startedAt: number) => container({status: {state: 'running', pid: 0, startedAt}, source: {Status: words}});

const startOf = ({status}: ReturnType<typeof container>) => status.state === 'running' ? status.startedAt : undefined;

test('a start that is told in words does not waver, and a later one is another one', t => {
	const steady = createSteadyTimes();
	const read = (words: string, startedAt: number) => startOf(steady([running(words, startedAt)], true)[0]!);
	t.is(read('Up 2 seconds', noon), noon);
	t.is(read('Up 2 seconds', noon + 900), noon);
	t.is(read('Up About a minute', noon + 40_000), noon);
	t.is(read('Up 3 hours', noon - 1_700_000), noon);
	t.is(read('Up Less than a second', noon + 10_000_000), noon + 10_000_000);
	t.is(read('Up 4 seconds', noon + 10_000_500), noon + 10_000_000);
	t.is(read('Up 1 second', noon + 10_005_000), noon + 10_005_000);
});

test('what is gone is forgotten, and what has no time stays as it is', t => {
	const steady = createSteadyTimes();
	steady([running('Up 2 seconds', noon)], true);
	t.is(startOf(steady([running('Up 2 seconds', noon + 500)], false)[0]!), noon);
	steady([], false);
	t.is(startOf(steady([running('Up 2 seconds', noon + 600)], false)[0]!), noon);
	steady([], true);
	t.is(startOf(steady([running('Up 2 seconds', noon + 700)], true)[0]!), noon + 700);
	const created = container({status: {state: 'created'}, source: {Status: 'Created'}});
	t.deepEqual(steady([created], true), [created]);
});

const anonymous = 'ab'.repeat(32);

test('a prune of volumes on an old Docker, which would take those with a name, is ours', async t => {
	for (const [version, all, expected] of [
		['1.41', false, ['GET /volumes?filters={"label":["x"],"dangling":["true"]}', 'GET /system/df', `DELETE /volumes/${anonymous}`, 'DELETE /volumes/marked']],
		['1.41', true, ['POST /volumes/prune?filters={"label":["x"]}']],
		['1.47', false, ['POST /volumes/prune?filters={"label":["x"]}']],
		['1.47', true, ['POST /volumes/prune?filters={"label":["x"],"all":["true"]}']],
	] as const) {
		const withVersion = (json: unknown, status = 200): Answerer => (_request, response) => {
			response.statusCode = status;
			response.setHeader('Api-Version', version);
			response.end(JSON.stringify(json));
		};

		const {engine, requests} = await pretend(t, {answers: {
			'HEAD /_ping': withVersion(''),
			'GET /volumes': {Volumes: [{Name: anonymous}, {Name: 'named'}, {Name: 'marked', Labels: {'com.docker.volume.anonymous': ''}}]},
			'GET /system/df': {Volumes: [{Name: anonymous, UsageData: {Size: 5, RefCount: 0}}]},
			[`DELETE /volumes/${anonymous}`]: {},
			'DELETE /volumes/marked': withVersion({message: 'in use'}, 409),
			'POST /volumes/prune': {VolumesDeleted: [anonymous], SpaceReclaimed: 5},
		}});
		t.deepEqual(await engine.pruneVolumes({all, filters: {label: ['x']}}), {removed: [anonymous], freedBytes: 5});
		t.deepEqual(requests.slice(1).map(request => decodeURIComponent(request)), expected);
	}
});

test('lists that Docker has in no order are ordered', async t => {
	let isTurned = false;
	const turning = (names: readonly string[], wrap: (items: unknown[]) => unknown): Answerer => (_request, response) => {
		const items = names.map(name => ({Name: name, Id: name}));
		response.end(JSON.stringify(wrap(isTurned ? items.toReversed() : items)));
	};

	const {engine} = await pretend(t, {answers: {
		'GET /networks': turning(['b', 'a', 'c'], items => items),
		...Object.fromEntries(['a', 'b', 'c'].map(name => [`GET /networks/${name}`, {Name: name, Id: name}])),
		'GET /volumes': turning(['z', 'x', 'y'], items => ({Volumes: items})),
		'GET /containers/json': [],
		'GET /images/json': [],
	}});
	for (isTurned of [false, true]) {
		t.deepEqual((await engine.networks()).map(({name}) => name), ['a', 'b', 'c']);
		t.deepEqual((await engine.volumes()).map(({name}) => name), ['x', 'y', 'z']);
		t.deepEqual((await engine.snapshot()).networks.map(({name}) => name), ['a', 'b', 'c']);
	}
});

test('an exec that has run does not run again on an engine that says so only in the output', async t => {
	for (const state of [{Running: true, ExitCode: null}, {Running: false, ExitCode: 0}]) {
		const {engine, requests} = await pretend(t, {answers: {'GET /exec/e/json': {ID: 'e', ContainerID: 'c', ProcessConfig: {}, ...state}}});
		await t.throwsAsync(engine.startExec('e'), {instanceOf: HolmError, code: 'conflict'});
		t.false(requests.some(request => request.startsWith('POST')));
	}
});
