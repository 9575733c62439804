import {
	appendFile,
	chmod,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	truncate,
	utimes,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createEventLog, type EventLog} from '../../../source/engine/event-log.js';
import type {EngineEvent} from '../../../source/engine/resources.js';
import {openEventStore, tryEventStore, type EventStoreOptions} from '../../../source/host/store/event-store.js';

const hour = 3_600_000;

const event = (id: string, {time = Date.now(), attributes = {}}: Partial<EngineEvent> = {}): EngineEvent =>
	({time, type: 'container', action: 'start', id, attributes});

const newDirectory = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-events-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

const openStore = async (directory: string, options: Partial<EventStoreOptions> = {}) => {
	const log: string[] = [];
	const store = await openEventStore({
		directory, log(line) {
			log.push(line);
		}, ...options,
	});
	return {store, log};
};

const reopen = async (directory: string) => createEventLog((await openStore(directory)).store);
const past = async (log: EventLog, since = 0) => Array.fromAsync(log.read({since, live: false}));
const idsOf = (events: readonly EngineEvent[]) => events.map(({id}) => id);
const pathsIn = async (directory: string) => (await readdir(directory)).map(name => path.join(directory, name));

test('events outlive the process that published them', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory);
	const before = createEventLog(first);
	before.publish(event('one'));
	before.publish(event('two'));
	await first.flush();
	const {store: second, log} = await openStore(directory);
	t.is(second.next, 2);
	const after = createEventLog(second);
	after.publish(event('three'));
	t.deepEqual(idsOf(await Array.fromAsync(after.read({since: 0, live: false}))), ['one', 'two', 'three']);
	t.deepEqual(log, []);
});

test('a reader of past events goes on with new ones, each once and in order', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory);
	createEventLog(first).publish(event('past'));
	await first.flush();
	const log = createEventLog((await openStore(directory)).store);
	log.publish(event('0'));
	const controller = new AbortController();
	const seen: string[] = [];
	for await (const {id} of log.read({since: 0, live: true, signal: controller.signal})) {
		seen.push(id);
		if (id === '99') {
			controller.abort();
		} else {
			log.publish(event(String(seen.length)));
		}
	}

	t.deepEqual(seen, ['past', ...Array.from({length: 100}, (_, index) => String(index))]);
});

test('a limit in time ends the waiting, and not the reading of what is on the disk', async t => {
	const directory = await newDirectory(t);
	const {store} = await openStore(directory);
	createEventLog(store).publish(event('past'));
	await store.flush();
	const log = await reopen(directory);
	t.deepEqual(idsOf(await Array.fromAsync(log.read({since: 0, live: true, expiry: AbortSignal.abort()}))), ['past']);
	t.deepEqual(idsOf(await Array.fromAsync(log.read({since: 0, live: true, expiry: AbortSignal.timeout(5)}))), ['past']);
	t.deepEqual(await Array.fromAsync(log.read({live: true, expiry: AbortSignal.timeout(1)})), []);
});

test('a reader that is slower than memory reads on from the disk and misses nothing', async t => {
	const {store} = await openStore(await newDirectory(t));
	const log = createEventLog(store);
	log.publish(event('0'));
	const reading = log.read({since: 0, live: false});
	t.is((await reading.next() as {value: EngineEvent}).value.id, '0');
	for (let number = 1; number < 12_000; number++) {
		log.publish(event(String(number)));
	}

	t.deepEqual(idsOf(await Array.fromAsync(reading)), Array.from({length: 11_999}, (_, index) => String(index + 1)));
});

test('a torn last line is dropped and said, and the next event has a line of its own', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory);
	const before = createEventLog(first);
	before.publish(event('whole'));
	before.publish(event('torn'));
	await first.flush();
	const [file] = await pathsIn(directory) as [string];
	await truncate(file, (await stat(file)).size - 10);
	const {store: second, log} = await openStore(directory);
	t.is(log.length, 1);
	t.regex(log[0]!, /its last event was not written completely, and \d+ bytes of it were dropped/v);
	const after = createEventLog(second);
	after.publish(event('next'));
	await second.flush();
	t.deepEqual(idsOf(await past(await reopen(directory))), ['whole', 'next']);
});

test('lines that are no events are passed over and said once', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory);
	createEventLog(first).publish(event('before'));
	await first.flush();
	const [file] = await pathsIn(directory) as [string];
	await appendFile(file, `\0\0\0\nnot JSON\n{"number":7}\n${JSON.stringify({number: 1, ...event('forged'), attributes: {label: 3}})}\n`);
	const {store, log} = await openStore(directory);
	const events = createEventLog(store);
	events.publish(event('after'));
	t.deepEqual(idsOf(await past(events)), ['before', 'after']);
	await past(events);
	t.deepEqual(log, [`${file}: 4 of its lines are no events and are passed over`]);
});

test('hostile names and labels stay in their line', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory);
	const hostile = event('a\n{"number":9}\u{2028}', {attributes: {'line\r\nfeed\0': '\u{1B}[31m\u{D800}"\\', __proto__x: 'x'}});
	createEventLog(first).publish(hostile);
	await first.flush();
	const [file] = await pathsIn(directory) as [string];
	t.is((await readFile(file, 'utf8')).split('\n').length, 2);
	const [found] = await past(await reopen(directory));
	t.is(found!.id, hostile.id);
	t.deepEqual(found!.attributes, hostile.attributes);
});

test('the oldest files go when there are too many bytes, and reading goes on with the rest', async t => {
	const directory = await newDirectory(t);
	const {store} = await openStore(directory, {limits: {fileBytes: 1000, totalBytes: 5000}});
	const log = createEventLog(store);
	for (let number = 0; number < 200; number++) {
		log.publish(event(String(number)));
		await store.flush();
	}

	const sizes = await Promise.all((await pathsIn(directory)).map(async file => (await stat(file)).size));
	t.true(sizes.every(size => size <= 1000) && sizes.reduce((sum, size) => sum + size, 0) <= 6000, sizes.join(' '));
	const ids = idsOf(await past(await reopen(directory)));
	t.is(ids.at(-1), '199');
	t.deepEqual(ids, Array.from({length: ids.length}, (_, index) => String(200 - ids.length + index)));
	t.true(ids.length > 20 && ids.length < 100);
});

test('old events are not given, and their files go', async t => {
	const directory = await newDirectory(t);
	const {store: first} = await openStore(directory, {limits: {fileBytes: 1}});
	const before = createEventLog(first);
	before.publish(event('old', {time: Date.now() - (400 * hour)}));
	await first.flush();
	before.publish(event('young'));
	await first.flush();
	const [oldest] = await pathsIn(directory) as [string];
	t.deepEqual(idsOf(await past(await reopen(directory))), ['young']);
	const longAgo = new Date(Date.now() - (400 * hour));
	await utimes(oldest, longAgo, longAgo);
	const {store} = await openStore(directory);
	t.is((await pathsIn(directory)).length, 1);
	t.deepEqual(idsOf(await past(createEventLog(store))), ['young']);
});

test('since leaves out what was before', async t => {
	const directory = await newDirectory(t);
	const {store} = await openStore(directory, {limits: {fileBytes: 200}});
	const log = createEventLog(store);
	for (const age of [30, 20, 10, 1]) {
		log.publish(event(`${age} hours`, {time: Date.now() - (age * hour)}));
	}

	await store.flush();
	t.deepEqual(idsOf(await past(await reopen(directory), Date.now() - (15 * hour))), ['10 hours', '1 hours']);
});

test('events wait while the disk does not take them; what does not fit is counted', async t => {
	const directory = await newDirectory(t);
	const {store, log} = await openStore(directory, {limits: {waiting: 3, retryMs: 100_000}});
	// Nothing can be appended to a directory.
	const blocker = path.join(directory, `${'0'.repeat(15)}.jsonl`);
	await mkdir(blocker);
	const events = createEventLog(store);
	events.publish(event('0'));
	await store.flush();
	t.regex(log.join('\n'), /^events are not kept on disk: EISDIR[^\n]*$/v);
	for (const id of ['1', '2', '3', '4']) {
		events.publish(event(id));
	}

	t.deepEqual(idsOf(await Array.fromAsync(events.read({since: 0, live: false}))), ['0', '1', '2', '3', '4']);
	await rm(blocker, {recursive: true});
	await store.flush();
	t.is(log.at(-1), 'events are kept on disk again; 2 were not');
	t.deepEqual(idsOf(await past(await reopen(directory))), ['2', '3', '4']);
});

test('other files of the directory stay', async t => {
	const directory = await newDirectory(t);
	const other = path.join(directory, 'notes');
	await writeFile(other, 'mine');
	await chmod(other, 0o600);
	const {store} = await openStore(directory, {limits: {totalBytes: 0}});
	createEventLog(store).publish(event('one'));
	await store.flush();
	t.is(await readFile(other, 'utf8'), 'mine');
	t.is((await readdir(directory)).length, 2);
});

test('a directory that cannot be used is said, and the engine goes on without', async t => {
	const file = path.join(await newDirectory(t), 'file');
	await writeFile(file, '');
	const log: string[] = [];
	t.is(await tryEventStore({
		directory: file, log(line) {
			log.push(line);
		},
	}), undefined);
	t.is(log.length, 1);
	t.regex(log[0]!, /^events are kept in memory only, because .*file cannot be used/v);
});
