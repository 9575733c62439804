import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createQueue, createRefresh} from '../../source/engine/queue.js';

test('a queue runs work one at a time; a failure rejects only its own call', async t => {
	const queue = createQueue();
	const seen: string[] = [];
	const work = async (name: string, isFailing = false) => queue(async () => {
		seen.push(`${name} begins`);
		await delay(5);
		seen.push(`${name} ends`);
		if (isFailing) {
			throw new Error(name);
		}

		return name;
	});
	const [one, two, three] = await Promise.allSettled([work('one'), work('two', true), work('three')]);
	t.deepEqual(seen, ['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
	t.deepEqual([one.status, two.status, three.status], ['fulfilled', 'rejected', 'fulfilled']);
});

test('a refresh: each call waits for a run that began later, with as few runs as possible', async t => {
	let state = 0;
	let runs = 0;
	const applied: number[] = [];
	const refresh = createRefresh(async () => {
		runs++;
		const now = state;
		await delay(5);
		applied.push(now);
	});
	const callers = [];
	for (let count = 1; count <= 10; count++) {
		state = count;
		callers.push(refresh());
	}

	await Promise.all(callers);
	t.is(runs, 2);
	t.is(applied.at(-1), 10);
	state = 11;
	await refresh();
	t.is(applied.at(-1), 11);
});

test('a failed refresh rejects its callers, and the next call runs again', async t => {
	let isBroken = true;
	const refresh = createRefresh(async () => {
		await delay(2);
		if (isBroken) {
			throw new Error('broken');
		}
	});
	const [first, second, third] = [refresh(), refresh(), refresh()];
	await t.throwsAsync(first, {message: 'broken'});
	isBroken = false;
	await t.notThrowsAsync(Promise.all([second, third]));
	await t.notThrowsAsync(refresh());
});
