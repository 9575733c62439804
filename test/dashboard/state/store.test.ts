import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {createStore, type Store} from '../../../source/dashboard/state/store.js';
import type {Engine} from '../../../source/engine/engine.js';
import {HolmError} from '../../../source/engine/errors.js';
import {containerConfiguration} from '../helpers/configurations.js';

const until = async (store: Store, isTrue: () => boolean): Promise<void> => {
	if (isTrue()) {
		return;
	}

	await new Promise<void>(resolve => {
		const end = store.subscribe(() => {
			if (isTrue()) {
				end();
				resolve();
			}
		});
	});
};

const open = (connect: () => Promise<Engine>, interval = 50) => {
	const store = createStore({connect, interval, timeout: 5000});
	return {store, [Symbol.dispose]: store.close};
};

test('listeners are not called while nothing changes', async t => {
	const engine = createMemoryEngine();
	let reads = 0;
	let onRead = () => {};
	const counting: Engine = {
		...engine,
		async snapshot(options) {
			reads++;
			onRead();
			return engine.snapshot(options);
		},
	};
	using held = open(async () => counting, 10);
	const {store} = held;
	await until(store, () => store.getState().connection.state === 'connected');
	const {snapshot} = store.getState();
	let calls = 0;
	store.subscribe(() => {
		calls++;
	});
	reads = 0;
	await new Promise<void>(resolve => {
		onRead = () => {
			// The first snapshot has been handled by then.
			if (reads === 4) {
				resolve();
			}
		};
	});
	t.is(calls, 0);
	t.is(store.getState().snapshot, snapshot);
	engine.close();
});

test('an event causes a snapshot long before the interval', async t => {
	const engine = createMemoryEngine();
	using held = open(async () => engine, 3_600_000);
	const {store} = held;
	await until(store, () => store.getState().connection.state === 'connected');
	const {snapshot} = store.getState();
	await delay(20);
	await engine.createContainer(containerConfiguration({name: 'new'}));
	await until(store, () => (store.getState().snapshot?.containers.length ?? 0) === 1);
	t.is(store.getState().snapshot?.images, snapshot?.images);
	t.true(store.getState().events.some(({action}) => action === 'create'));
	engine.close();
});

test('a lost connection keeps the last state and reconnects', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'kept'}));
	let isGone = false;
	let connections = 0;
	const fragile: Engine = {
		...engine,
		async snapshot(options) {
			if (isGone) {
				throw new HolmError('unavailable', 'gone', {remedy: 'start it'});
			}

			return engine.snapshot(options);
		},
	};
	using held = open(async () => {
		connections++;
		return fragile;
	});
	const {store} = held;
	await until(store, () => store.getState().connection.state === 'connected');
	const {snapshot} = store.getState();
	isGone = true;
	await until(store, () => store.getState().connection.state === 'lost');
	t.like(store.getState().connection, {reason: 'gone', remedy: 'start it'});
	t.is(store.getState().snapshot, snapshot);
	t.throws(() => store.engine(), {message: /not connected: gone/v});
	isGone = false;
	await until(store, () => store.getState().connection.state === 'connected');
	t.true(connections > 1);
	t.is(store.engine(), fragile);
	engine.close();
});

test('an engine that says when to ask again is kept until then, and hears what is looked at', async t => {
	const engine = createMemoryEngine();
	const asked: unknown[] = [];
	let connections = 0;
	let isDown = false;
	const careful: Engine = {
		...engine,
		async snapshot(options) {
			asked.push(options?.attention?.shown);
			if (isDown) {
				throw new HolmError('unavailable', 'down', {retryAfterMs: 10});
			}

			return engine.snapshot(options);
		},
	};
	using held = open(async () => {
		connections++;
		return careful;
	}, 10);
	const {store} = held;
	await until(store, () => store.getState().connection.state === 'connected');
	isDown = true;
	await until(store, () => store.getState().connection.state === 'lost');
	store.show(['images']);
	isDown = false;
	await until(store, () => store.getState().connection.state === 'connected');
	t.is(connections, 1);
	t.deepEqual(asked[0], []);
	t.deepEqual(asked.at(-1), ['images']);
	engine.close();
});

test('an engine that does not answer counts as lost', async t => {
	const engine = createMemoryEngine();
	const hanging = {...engine, snapshot: async () => new Promise<never>(() => {})};
	const store = createStore({connect: async () => hanging, interval: 50, timeout: 30});
	await until(store, () => store.getState().connection.state === 'lost');
	t.like(store.getState().connection, {state: 'lost'});
	store.close();
	engine.close();
});

test('statistics are read only while they are watched', async t => {
	const engine = createMemoryEngine();
	const asked: Array<boolean | undefined> = [];
	const {store} = open(async () => ({
		...engine,
		async snapshot(options) {
			asked.push(options?.stats);
			return engine.snapshot(options);
		},
	}), 10);
	while (asked.length < 2) {
		await delay(5);
	}

	t.true(asked.every(stats => stats === false));
	const end = store.watchStats();
	asked.length = 0;
	while (!asked.includes(true)) {
		await delay(5);
	}

	end();
	await delay(30);
	asked.length = 0;
	while (asked.length < 2) {
		await delay(5);
	}

	t.true(asked.slice(1).every(stats => stats === false));
	store.close();
	engine.close();
});

test('a switch takes effect once the other engine has answered, and late answers of the previous one are dropped', async t => {
	const one = createMemoryEngine();
	const two = createMemoryEngine();
	await one.createContainer(containerConfiguration({name: 'old'}));
	await two.createContainer(containerConfiguration({name: 'new'}));
	const {promise: held, resolve: release} = Promise.withResolvers<void>();
	const {promise: second, resolve: isSecond} = Promise.withResolvers<void>();
	let reads = 0;
	const slow: Engine = {
		...one,
		async snapshot(options) {
			const snapshot = await one.snapshot(options);
			reads++;
			if (reads === 2) {
				isSecond();
				await held;
			}

			return snapshot;
		},
	};
	using opened = open(async () => slow, 10);
	const {store} = opened;
	await until(store, () => store.getState().connection.state === 'connected');
	await second;

	await store.switchTo({connect: async () => two, target: {title: 'two', host: 'two'}});
	const names = () => store.getState().snapshot?.containers.map(({name}) => name);
	t.deepEqual(names(), ['new']);
	t.is(store.engine(), two);
	release();
	await delay(60);
	t.deepEqual(names(), ['new']);
	t.deepEqual(store.getState().target, {title: 'two', host: 'two'});
	await two.createContainer(containerConfiguration({name: 'newer'}));
	await until(store, () => names()?.length === 2);
	await t.throwsAsync(store.switchTo({
		async connect() {
			throw new HolmError('unavailable', 'no');
		},
		target: {title: 'three', host: 'three'},
	}), {message: 'no'});
	t.is(store.engine(), two);
	one.close();
	two.close();
});

test('an engine over SSH is read less often on a slow line, and its round trip is steady', async t => {
	const engine = createMemoryEngine();
	const reads: Array<readonly [asked: number, answered: number]> = [];
	const {promise: third, resolve: isThird} = Promise.withResolvers<void>();
	const far: Engine = {
		...engine,
		async snapshot(options) {
			const asked = performance.now();
			await delay(30);
			const snapshot = await engine.snapshot(options);
			reads.push([asked, performance.now()]);
			if (reads.length === 3) {
				isThird();
			}

			return {...snapshot, roundTripMs: 30 + reads.length};
		},
	};
	using held = open(async () => far, 1);
	const {store} = held;
	await third;
	const [[, firstAnswered], [secondAsked]] = reads as [[number, number], [number, number]];
	t.true(secondAsked - firstAnswered > 90, String(secondAsked - firstAnswered));
	t.is(store.getState().roundTripMs, 31);
	engine.close();
});

test('events reach back before the store was opened, and a reconnection neither misses nor repeats any', async t => {
	const engine = createMemoryEngine();
	await engine.createVolume({name: 'before'});
	let isGone = false;
	const fragile: Engine = {
		...engine,
		async snapshot(options) {
			if (isGone) {
				throw new HolmError('unavailable', 'gone', {remedy: 'start it'});
			}

			return engine.snapshot(options);
		},
	};
	using held = open(async () => fragile);
	const {store} = held;
	const created = () => store.getState().events.filter(({type, action}) => type === 'volume' && action === 'create').map(({id}) => id);
	await until(store, () => created().length === 1);
	isGone = true;
	await until(store, () => store.getState().connection.state === 'lost');
	await engine.createVolume({name: 'meanwhile'});
	isGone = false;
	await until(store, () => created().includes('meanwhile'));
	await engine.createVolume({name: 'after'});
	await until(store, () => created().includes('after'));
	t.deepEqual(created(), ['before', 'meanwhile', 'after']);
	engine.close();
});
