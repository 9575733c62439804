import test from 'ava';
import {cursorOf, emptyList, reduceList, selectedOf, windowStart, type ListState, type SortColumn} from '../../../source/dashboard/state/list-state.js';

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

test('a mark on a row marks what belongs to it, or unmarks it if all of it is marked', t => {
	const members = (id: string) => id === 'a' ? ['x', 'y'] : [id];
	let state = reduceList(emptyList, {type: 'mark'}, ids, members);
	t.deepEqual([...state.marks], ['x', 'y']);
	t.is(selectedOf(state, ids), 'b');
	state = reduceList(state, {type: 'mark'}, ids, members);
	t.deepEqual([...state.marks], ['x', 'y', 'b']);
	state = reduceList(reduceList(state, {type: 'first'}, ids), {type: 'mark'}, ids, members);
	t.deepEqual([...state.marks], ['b']);
	t.deepEqual([...reduceList(state, {type: 'markAll'}, ['c']).marks], ['b', 'c']);
	t.is(reduceList(state, {type: 'unmarkAll'}, ids).marks.size, 0);
});

const columns: readonly SortColumn[] = [{key: 'name', letter: 'n', title: 'name'}, {key: 'size', letter: 's', title: 'size', isLargestFirst: true}];
const order = ({sort, isDescending}: ListState) => sort === undefined ? undefined : `${sort}${isDescending ? '-' : '+'}`;

test('sorting cycles through the columns in both directions and back to none', t => {
	let state = emptyList;
	const seen: Array<string | undefined> = [];
	for (let turn = 0; turn < 5; turn++) {
		state = reduceList(state, {type: 'sort', columns}, ids);
		seen.push(order(state));
	}

	t.deepEqual(seen, ['name+', 'name-', 'size-', 'size+', undefined]);
});

test('a column sorts in its own direction first and then in the other one', t => {
	let state = emptyList;
	const seen: Array<string | undefined> = [];
	for (const column of [columns[1], columns[1], columns[1], columns[0], undefined]) {
		state = reduceList(state, {type: 'sortBy', column}, ids);
		seen.push(order(state));
	}

	t.deepEqual(seen, ['size-', 'size+', 'size-', 'name+', undefined]);
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
