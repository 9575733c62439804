import test from 'ava';
import {
	literally,
	many,
	pathWildcards,
	textWildcards,
	wildcardMatcher,
} from '../../source/text/wildcards.js';

test('a pattern matches whole texts', t => {
	for (const [pattern, text] of [['', ''], ['*', ''], ['*', 'a/b'], ['a*', 'a'], ['*a', 'banana'], ['a*b*c', 'a-b-b-c'], ['?', '🙂'], ['**', 'x'], ['*ab', 'aab']] as const) {
		t.true(wildcardMatcher(textWildcards(pattern))(text), `${pattern} ${text}`);
	}

	for (const [pattern, text] of [['', 'a'], ['a', ''], ['?', ''], ['?', 'ab'], ['a*', 'ba'], ['*a', 'ab'], ['a*b*c', 'acb']] as const) {
		t.false(wildcardMatcher(textWildcards(pattern))(text), `${pattern} ${text}`);
	}
});

test('in a path, stars and question marks stop at a slash', t => {
	t.true(wildcardMatcher(pathWildcards('*/*'))('a/b'));
	t.false(wildcardMatcher(pathWildcards('*'))('a/b'));
	t.false(wildcardMatcher(pathWildcards('a?b'))('a/b'));
	t.false(wildcardMatcher(pathWildcards('*/*'))('a/b/c'));
});

test('optional pieces match as a whole or not at all', t => {
	const matches = wildcardMatcher([{kind: 'optional', count: 2}, many, literally('/'), literally('a')]);
	for (const text of ['a', 'x/a', 'x/y/a', '/a']) {
		t.true(matches(text), text);
	}

	t.false(matches('xa'));
});

test('many stars take no longer than few', t => {
	for (const toPattern of [textWildcards, pathWildcards]) {
		t.false(wildcardMatcher(toPattern(`${'*a'.repeat(50)}*b`))('a'.repeat(2000)));
	}
});
