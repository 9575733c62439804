import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createTimedReads} from '../../../source/host/engine/timed-reads.js';

type Guest = {readonly name: string; readonly answer: () => Promise<number>};

const namesIn = (readings: ReadonlyArray<readonly [Guest, number]>) => readings.map(([{name}, value]) => `${name} ${value}`).toSorted();

test('a source that never answers is left out and asked once', async t => {
	let asked = 0;
	const silent: Guest = {
		name: 'silent',
		async answer() {
			asked++;
			return new Promise<never>(() => {});
		},
	};
	const quick: Guest = {name: 'quick', answer: async () => 1};
	const read = createTimedReads(async ({answer}: Guest) => answer(), 50);
	t.deepEqual(namesIn(await read([silent, quick])), ['quick 1']);
	t.deepEqual(namesIn(await read([silent, quick])), ['quick 1']);
	t.is(asked, 1);
});

test('a source that fails is left out and asked again', async t => {
	let asked = 0;
	const failing: Guest = {
		name: 'failing',
		async answer() {
			asked++;
			if (asked === 1) {
				throw new Error('gone');
			}

			return asked;
		},
	};
	const read = createTimedReads(async ({answer}: Guest) => answer(), 60_000);
	t.deepEqual(await read([failing]), []);
	t.deepEqual(namesIn(await read([failing])), ['failing 2']);
});

test('a late source is read again once it has answered', async t => {
	const {promise, resolve} = Promise.withResolvers<number>();
	const late: Guest = {name: 'late', answer: async () => promise};
	const read = createTimedReads(async ({answer}: Guest) => answer(), 20);
	const first = await read([late]);
	t.deepEqual(first, []);
	resolve(7);
	await delay(0);
	t.deepEqual(first, []);
	t.deepEqual(namesIn(await read([late])), ['late 7']);
});
