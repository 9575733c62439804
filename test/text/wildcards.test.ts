import test from 'ava';
import {
	literally,
	many,
	manyExceptSlash,
	isWildcardMatch,
	one,
	oneExceptSlash,
	type Wildcard,
} from '../../source/text/wildcards.js';

const plain = (pattern: string): readonly Wildcard[] =>
	[...pattern].map(character => character === '*' ? many : (character === '?' ? one : literally(character)));

const inPaths = (pattern: string): readonly Wildcard[] =>
	[...pattern].map(character => character === '*' ? manyExceptSlash : (character === '?' ? oneExceptSlash : literally(character)));

test('a pattern matches whole texts', t => {
	for (const [pattern, text] of [['', ''], ['*', ''], ['*', 'a/b'], ['a*', 'a'], ['*a', 'banana'], ['a*b*c', 'a-b-b-c'], ['?', '🙂'], ['**', 'x'], ['*ab', 'aab']] as const) {
		t.true(isWildcardMatch(plain(pattern), text), `${pattern} ${text}`);
	}

	for (const [pattern, text] of [['', 'a'], ['a', ''], ['?', ''], ['?', 'ab'], ['a*', 'ba'], ['*a', 'ab'], ['a*b*c', 'acb']] as const) {
		t.false(isWildcardMatch(plain(pattern), text), `${pattern} ${text}`);
	}
});

test('in a path, stars and question marks stop at a slash', t => {
	t.true(isWildcardMatch(inPaths('*/*'), 'a/b'));
	t.false(isWildcardMatch(inPaths('*'), 'a/b'));
	t.false(isWildcardMatch(inPaths('a?b'), 'a/b'));
	t.false(isWildcardMatch(inPaths('*/*'), 'a/b/c'));
});

test('optional pieces match as a whole or not at all', t => {
	const directories: readonly Wildcard[] = [{kind: 'optional', count: 2}, many, literally('/'), literally('a')];
	for (const text of ['a', 'x/a', 'x/y/a', '/a']) {
		t.true(isWildcardMatch(directories, text), text);
	}

	t.false(isWildcardMatch(directories, 'xa'));
});

test('many stars take no longer than few', t => {
	for (const toPattern of [plain, inPaths]) {
		t.false(isWildcardMatch(toPattern(`${'*a'.repeat(50)}*b`), 'a'.repeat(2000)));
	}
});
