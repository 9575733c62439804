import test from 'ava';
import {createContext} from '../../../source/backends/apple/context.js';
import {changesOf, programWords} from '../../../source/backends/apple/polling/changes-of.js';
import {createList} from '../../../source/backends/apple/polling/list.js';
import {nextLook, type Kind, type Looker, type Past} from '../../../source/backends/apple/polling/plan.js';
import {whileServed} from '../../../source/backends/apple/polling/service.js';
import {sample} from '../../../source/backends/apple/sampler.js';
import {HolmError} from '../../../source/engine/errors.js';
import {configuration} from '../../engine/resources.js';
import {openEngine} from './helpers/open-engine.js';

const dashboard = (idleMs: number, shown: readonly Kind[] = [], isRemote = false): Looker => ({
	who: 'dashboard', idleMs, shown, isRemote,
});
const [events, wait, names]: readonly Looker[] = [{who: 'events'}, {who: 'wait'}, {who: 'names'}];
const calm: Past = {quietMs: 1e6, tookMs: 50, isDown: false};

type Row = readonly [what: string, kind: Kind, lookers: readonly Looker[], past: Partial<Past>, afterMs: number | undefined];

const looks: readonly Row[] = [
	['nobody looks', 'containers', [], {}, undefined],
	['nobody looks at images', 'images', [], {}, undefined],
	['a key just now', 'containers', [dashboard(0)], {}, 1000],
	['a change just now', 'containers', [dashboard(20_000)], {quietMs: 9000}, 1000],
	['a dashboard in view', 'containers', [dashboard(20_000)], {}, 2000],
	['a dashboard left alone', 'containers', [dashboard(60_000)], {quietMs: 0}, 5000],
	['over SSH', 'containers', [dashboard(0, [], true)], {}, 5000],
	['an open list', 'networks', [dashboard(20_000, ['networks'])], {}, 5000],
	['a list beside it', 'images', [dashboard(20_000, ['networks'])], {}, 30_000],
	['an open list left alone', 'volumes', [dashboard(60_000, ['volumes'])], {}, 60_000],
	['an open list over SSH', 'volumes', [dashboard(0, ['volumes'], true)], {}, 60_000],
	['statistics in view', 'stats', [dashboard(0)], {}, 0],
	['statistics in view take their time', 'stats', [dashboard(0)], {tookMs: 2100}, 0],
	['statistics left alone', 'stats', [dashboard(61_000)], {}, 10_000],
	['events from their beginning', 'containers', [events!], {quietMs: 0}, 1000],
	['events after a second', 'containers', [events!], {quietMs: 1000}, 2000],
	['events after three seconds', 'containers', [events!], {quietMs: 3000}, 4000],
	['events without a change', 'containers', [events!], {}, 5000],
	['an end that is waited for', 'containers', [wait!], {}, 5000],
	['events want no lists', 'networks', [events!, wait!, names!], {}, undefined],
	['events want no statistics', 'stats', [events!], {}, undefined],
	['names alone', 'containers', [names!], {}, 10_000],
	['the one who looks most often counts', 'containers', [names!, wait!, dashboard(20_000)], {}, 2000],
	['an answer that takes longer', 'containers', [dashboard(20_000)], {tookMs: 2500}, 5000],
	['an answer that takes less', 'containers', [dashboard(20_000)], {tookMs: 1900}, 2000],
	['an answer that takes very long', 'images', [dashboard(20_000)], {tookMs: 40_000}, 80_000],
];

for (const [what, kind, lookers, past, afterMs] of looks) {
	test(`${what}: ${kind} after ${afterMs ?? 'nothing'}`, t => {
		t.deepEqual(nextLook(kind, lookers, {...calm, ...past}), afterMs === undefined ? undefined : {ask: 'list', afterMs});
	});
}

test('while the service does not run, it is asked for its state once in ten seconds', t => {
	for (const looker of [dashboard(0), events!, wait!, names!]) {
		t.deepEqual(nextLook('containers', [looker], {...calm, isDown: true}), {ask: 'status', afterMs: 10_000});
	}

	t.is(nextLook('containers', [], {...calm, isDown: true}), undefined);
});

test('what runs of the program change', t => {
	for (const [words, kinds] of [
		['create web', ['containers']], ['start web', ['containers']], ['stop -t 5 web', ['containers']], ['delete web', ['containers']],
		['image pull x', ['images']], ['image tag x y', ['images']], ['build .', ['images']],
		['network create n', ['networks']], ['volume delete v', ['volumes']],
		['ls -a', []], ['image ls', []], ['network list', []], ['volume inspect v', []], ['stats', []], ['exec web sh', []],
		['logs web', []], ['system status', []], ['image save x', []], ['registry list', []], ['export web', []],
		['constructor x', ['containers']],
	] as const) {
		t.deepEqual(changesOf(words.split(' ')), kinds, words);
	}

	t.deepEqual(programWords(['/usr/local/bin/container', 'ls']), ['ls']);
	t.deepEqual(programWords(['/bin/sh', '-c', 'script', 'sh', '/d', '{}', 'no', '/usr/local/bin/container', 'start', '--attach', 'web']), ['start', '--attach', 'web']);
	t.deepEqual(changesOf(programWords(['/bin/sh', '-c', 'cat'])), []);
});

test('a list is read anew when it is too old, or forgotten', async t => {
	let time = 0;
	let count = 0;
	const list = createList(() => time);
	const read = async (maxAgeMs?: number) => list.read(async () => {
		const own = ++count;
		time += 100;
		return own;
	}, maxAgeMs);
	t.is(await read(), 1);
	t.is(list.tookMs(), 100);
	t.is(await read(1000), 1);
	t.is(await read(), 2, 'who gives no age gets a reading of his own');
	time += 2000;
	t.deepEqual(await Promise.all([read(1000), read(1000)]), [3, 3], 'a reading that goes on is shared');
	list.forget();
	t.is(await read(1000), 4);
	const {promise, resolve} = Promise.withResolvers<number>();
	const slow = list.read(async () => promise);
	list.forget();
	resolve(0);
	t.is(await slow, 0);
	t.is(await read(1000), 5, 'what was read before a change is not kept');
	await t.throwsAsync(list.read(async () => {
		throw new Error('down');
	}));
	t.is(await read(1000), 5);
});

test('snapshots of those who look again and again run what the plan has', async t => {
	const {standIn, transport, engine} = await openEngine(t);
	const since = () => {
		const start = standIn.ran.length;
		return () => standIn.ran.slice(start).filter(words => !words.startsWith('system')).toSorted();
	};

	// As long as lists are kept, so that a busy host asks for none again.
	const attention = {shown: [], idleMs: 120_000} as const;
	const lists = ['image ls --format json', 'ls -a --format json', 'network ls --format json', 'volume ls --format json'];
	const first = since();
	await engine.snapshot({attention});
	t.deepEqual(first(), lists);
	const second = since();
	for (let index = 0; index < 10; index++) {
		await engine.snapshot({attention});
	}

	t.deepEqual(second(), []);
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', name: 'web', command: ['sleep', '1000']}));
	const third = since();
	t.deepEqual((await engine.snapshot({attention})).containers.map(({name}) => name), ['web'], 'own changes are seen at once');
	t.deepEqual(third(), ['ls -a --format json']);
	await engine.createVolume({name: 'data', labels: {}});
	t.deepEqual((await engine.snapshot({attention})).volumes.map(({name}) => name), ['data']);
	await engine.startContainer(id);
	t.is((await engine.snapshot({attention})).containers[0]?.status.state, 'running');
	const fourth = since();
	const context = createContext(transport);
	const readings = await Promise.all([sample(context), sample(context), sample(context)]);
	t.is(new Set(readings).size, 1);
	t.is(fourth().filter(words => words.startsWith('stats')).length, 1, 'one reading of statistics for all');
	t.deepEqual((await engine.snapshot({attention, stats: true})).stats, {}, 'nobody waits for the first reading');
	t.deepEqual(Object.keys((await engine.snapshot({stats: true})).stats), [id]);
	t.deepEqual(Object.keys((await engine.snapshot({attention, stats: true})).stats), [id]);
	const fifth = since();
	await engine.snapshot();
	t.deepEqual(fifth(), lists, 'without attention all is read anew');
	await engine.removeContainer(id, {force: true});
});

test('nothing but its state is asked of a service that does not run', async t => {
	const {standIn, transport, engine} = await openEngine(t);
	const attention = {shown: [], idleMs: 0} as const;
	// What is read of images once is not asked for later.
	await engine.images();
	standIn.switches.failure = 'service down, container list';
	const transient = await t.throwsAsync(engine.snapshot({attention}), {instanceOf: HolmError});
	t.like(transient, {code: 'unavailable', retryAfterMs: undefined}, 'the service runs all the same');
	standIn.switches.failure = 'service down';
	const error = await t.throwsAsync(engine.snapshot({attention}), {instanceOf: HolmError});
	t.like(error, {code: 'unavailable', retryAfterMs: 10_000});
	const countOf = (words: string) => standIn.ran.filter(ran => ran.startsWith(words)).length;
	const lists = countOf('ls');
	await t.throwsAsync(engine.snapshot({attention}), {message: error?.message});
	t.is(countOf('ls'), lists);
	await t.throwsAsync(engine.containers(), {message: error?.message}, 'a command asks all the same');
	const [asked, status] = [countOf('ls'), countOf('system status')];
	await t.throwsAsync(engine.info(), {message: /does not run/v});
	t.deepEqual([countOf('ls'), countOf('system status')], [asked, status + 1]);

	const context = createContext(transport);
	await context.program();
	context.service.down = {error, askedAt: performance.now() - 11_000};
	const start = standIn.ran.length;
	await t.throwsAsync(whileServed(context, async () => 'served'), {is: error});
	t.deepEqual(standIn.ran.slice(start), ['system status --format json']);
	standIn.switches.failure = undefined;
	context.service.down = {error, askedAt: performance.now() - 11_000};
	t.is(await whileServed(context, async () => 'served'), 'served');
	t.false(context.service.down !== undefined);
});
