import test from 'ava';
import {reuseEqual} from '../../../source/dashboard/state/structural-sharing.js';

test('equal content keeps the old object, and a change keeps equal parts', t => {
	const before = {a: [{x: 1}, {x: 2}], b: {c: 'd'}};
	t.is(reuseEqual(before, structuredClone(before)), before);
	const after = reuseEqual(before, {a: [{x: 1}, {x: 3}], b: {c: 'd'}});
	t.not(after, before);
	t.is(after.a[0], before.a[0]);
	t.is(after.b, before.b);
	t.deepEqual(after, {a: [{x: 1}, {x: 3}], b: {c: 'd'}});
});

test('additions, removals and changes of type are changes', t => {
	t.deepEqual(reuseEqual<unknown>({a: 1, b: 2}, {a: 1}), {a: 1});
	t.deepEqual(reuseEqual<unknown>({a: 1}, {a: 1, b: undefined}), {a: 1, b: undefined});
	t.deepEqual(reuseEqual<unknown>([1, 2], [1]), [1]);
	t.deepEqual(reuseEqual<unknown>({0: 'a'}, ['a']), ['a']);
	t.deepEqual(reuseEqual<unknown>(null, {a: 1}), {a: 1});
	t.is(reuseEqual<unknown>({a: 1}, undefined), undefined);
	t.is(reuseEqual(NaN, NaN), NaN);
});

test('objects of a class are not compared', t => {
	const date = new Date(1);
	t.is(reuseEqual(new Date(0), date), date);
});
