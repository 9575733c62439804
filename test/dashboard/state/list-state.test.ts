import test from 'ava';
import {cursorOf, emptyList, reduceList, selectedOf, targetsOf, windowStart} from '../../../source/dashboard/state/list-state.js';

const ids = ['a', 'b', 'c', 'd'];

test('the cursor stays on its item when others are inserted before it', t => {
	const state = reduceList(emptyList, {type: 'move', by: 2}, ids);
	t.is(selectedOf(state, ids), 'c');
	t.is(selectedOf(state, ['new', ...ids]), 'c');
	t.is(cursorOf(state, ['new', ...ids]), 3);
});

test('the cursor stays in its row when its item disappears', t => {
	const state = reduceList(emptyList, {type: 'select', id: 'c'}, ids);
	t.is(selectedOf(state, ['a', 'b', 'd']), 'd');
	t.is(selectedOf(state, ['a']), 'a');
	t.is(selectedOf(state, []), undefined);
});

test('moving stops at both ends and returns the same state there', t => {
	const last = reduceList(emptyList, {type: 'last'}, ids);
	t.is(selectedOf(last, ids), 'd');
	t.is(reduceList(last, {type: 'move', by: 5}, ids), last);
	t.is(selectedOf(reduceList(last, {type: 'move', by: -9}, ids), ids), 'a');
	t.is(reduceList(emptyList, {type: 'move', by: 1}, []), emptyList);
});

test('marks select the targets, and marks of removed items do not count', t => {
	let state = reduceList(emptyList, {type: 'mark'}, ids);
	state = reduceList(state, {type: 'mark'}, ids);
	t.deepEqual(targetsOf(state, ids), ['a', 'b']);
	t.is(selectedOf(state, ids), 'c');
	t.deepEqual(targetsOf(state, ['b', 'c']), ['b']);
	t.deepEqual(targetsOf(state, ['c', 'd']), ['c']);
	t.deepEqual(targetsOf(reduceList(state, {type: 'unmarkAll'}, ids), ids), ['c']);
});

test('sorting cycles through the columns in both directions and back to none', t => {
	const columns = ['name', 'size'];
	let state = emptyList;
	const seen: Array<string | undefined> = [];
	for (let turn = 0; turn < 5; turn++) {
		state = reduceList(state, {type: 'sort', columns}, ids);
		seen.push(state.sort === undefined ? undefined : `${state.sort}${state.isDescending ? '-' : '+'}`);
	}

	t.deepEqual(seen, ['name+', 'name-', 'size+', 'size-', undefined]);
});

test('the window moves no further than the cursor requires', t => {
	t.is(windowStart(15, 10, 100, 10), 10);
	t.is(windowStart(20, 10, 100, 10), 11);
	t.is(windowStart(9, 10, 100, 10), 9);
});

test('the window contains the cursor and stays within the list', t => {
	for (const length of [0, 1, 5, 100]) {
		for (let cursor = 0; cursor < length; cursor++) {
			for (const before of [0, 3, 95, 500]) {
				const start = windowStart(cursor, 10, length, before);
				t.true(start <= cursor && cursor < start + 10 && start >= 0 && (start === 0 || start + 10 <= length));
			}
		}
	}
});
