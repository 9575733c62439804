import test from 'ava';
import {isPatternMatch, isPatternListMatch} from '../../../source/backends/ssh/patterns.js';

test('stars and question marks', t => {
	for (const [pattern, text, expected] of [
		['', '', true], ['', 'a', false], ['a', 'a', true], ['a', 'ab', false], ['*', '', true], ['*', 'a.b', true], ['?', '', false], ['?', 'a', true], ['??', 'a', false],
		['*.example', 'a.b.example', true], ['*.example', '.exampl', false], ['10.0.?.*', '10.0.1.25', true], ['10.0.?.*', '10.0.12.25', false], ['a*b*c', 'axxbxxc', true], ['a*b*c', 'axxbxx', false],
		['a**', 'a', true], ['a.c', 'abc', false], ['[ab]', 'a', false], ['*ab', 'aab', true],
	] as const) {
		t.is(isPatternMatch(pattern, text), expected, `${pattern} ${text}`);
	}
});

test('what is negated matches nothing, and nothing but that matches nothing', t => {
	t.true(isPatternListMatch(['*.example', '!bad.example'], 'good.example'));
	t.false(isPatternListMatch(['*.example', '!bad.example'], 'bad.example'));
	t.false(isPatternListMatch(['!bad.example'], 'good.example'));
});

test('a pattern of many stars ends', t => {
	t.false(isPatternMatch(`${'*a'.repeat(500)}b`, 'a'.repeat(5000)));
});
