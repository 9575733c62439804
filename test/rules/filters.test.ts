import test from 'ava';
import {
	filterOf,
	hasLabel,
	isTrue,
	labelRules,
	nameMatcher,
	untilOf,
} from '../../source/rules/filters.js';

type Item = {readonly name: string; readonly labels: Readonly<Record<string, string>>};

const items: readonly Item[] = [
	{name: 'one', labels: {a: '1', b: ''}},
	{name: 'two', labels: {a: '2'}},
	{name: 'three', labels: {}},
];

const names = (filters: Record<string, readonly string[]> | undefined) => items.filter(filterOf<Item>(filters, {
	name: value => ({name}) => name === value,
	...labelRules(({labels}: Item) => labels),
})).map(({name}) => name);

test('each key has to apply; values of a name are alternatives, labels all have to apply', t => {
	t.deepEqual(names(undefined), ['one', 'two', 'three']);
	t.deepEqual(names({}), ['one', 'two', 'three']);
	t.deepEqual(names({name: []}), ['one', 'two', 'three']);
	t.deepEqual(names({name: ['one', 'three']}), ['one', 'three']);
	t.deepEqual(names({label: ['a', 'b']}), ['one']);
	t.deepEqual(names({label: ['a=2']}), ['two']);
	t.deepEqual(names({name: ['one'], label: ['a=2']}), []);
	t.deepEqual(names({'label!': ['a']}), ['three']);
});

test('an unknown key is refused before anything is looked at, whatever it is called', t => {
	for (const key of ['colour', 'constructor', '__proto__', 'toString']) {
		t.throws(() => filterOf({[key]: ['x']}, {name: () => () => true}), {message: `invalid filter '${key}'`});
	}

	t.throws(() => filterOf({'a\u{1B}[31m\n': ['x']}, {}), {message: 'invalid filter \'a??31m?\''});
});

test('labels of any name are only the labels\' own', t => {
	t.true(hasLabel({a: 'b=c'}, 'a=b=c'));
	t.false(hasLabel({a: 'b'}, 'a=c'));
	t.true(hasLabel({a: ''}, 'a='));
	t.false(hasLabel({}, 'constructor'));
});

test('yes and no', t => {
	t.true(isTrue('dangling', 'true') && isTrue('dangling', '1') && isTrue('dangling', 'T'));
	t.false(isTrue('dangling', 'false') || isTrue('dangling', '0'));
	t.throws(() => isTrue('dangling', 'maybe'), {message: 'invalid filter \'dangling=maybe\''});
});

test('moments: times, Unix seconds, and how long ago', t => {
	const now = Date.UTC(2026, 1, 25, 12);
	t.is(untilOf('1h30m', now), now - 5_400_000);
	t.is(untilOf('10s500ms', now), now - 10_500);
	t.is(untilOf('1.5h', now), now - 5_400_000);
	t.is(untilOf('1700000000', now), 1_700_000_000_000);
	t.is(untilOf('2026-02-25T10:00:00Z', now), Date.UTC(2026, 1, 25, 10));
	t.throws(() => untilOf('yesterday', now), {message: /yesterday/v});
});

test('names are compared as text and as patterns, and no pattern takes for ever', t => {
	t.true(nameMatcher('we')('my-web'));
	t.true(nameMatcher('^my-')('my-web'));
	t.true(nameMatcher('^/my-web$')('my-web'));
	t.false(nameMatcher('^web')('my-web'));
	t.true(nameMatcher('web$')('my-web'));
	t.false(nameMatcher('[')('my-web'));
	t.false(nameMatcher('(a+)+$')('a'.repeat(50)));
	t.false(nameMatcher('a*a*a*a*a*a*b')('a'.repeat(5000)));
});
