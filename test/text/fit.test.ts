import test from 'ava';
import {widthOf} from '../../source/text/width.js';
import {clean, cut, fit, wrapWords} from '../../source/text/fit.js';

const hostile = ['plain', '\u{1B}[2J\u{7}evil', '\u{9B}31m', 'a\nb\tc\rd', '宽字符宽字符', 'e\u{301}e\u{301}', '👩\u{200D}👩\u{200D}👧 family', '\u{202E}gnp.exe', '\u{0}\u{1F}\u{7F}', '', '❤\u{FE0F}'];

test('clean text holds nothing that a terminal obeys', t => {
	for (const text of hostile) {
		// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
		t.notRegex(clean(text), /[\u{0}-\u{1F}\u{7F}-\u{9F}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/v, JSON.stringify(text));
	}
});

test('an ellipsis, of cut values, is as wide as a letter', t => {
	t.is(widthOf('docker-entrypoint.s…'), 20);
	t.is(widthOf('宽…'), 3);
});

test('fitted text is exactly as wide as asked', t => {
	for (const text of hostile) {
		for (const width of [0, 1, 2, 3, 5, 8, 40]) {
			t.is(widthOf(fit(clean(text), width)), width, `${JSON.stringify(text)} in ${width}`);
			t.is(widthOf(fit(clean(text), width, {align: 'right'})), width);
		}
	}
});

test('text that is cut says so, and a wide character is not halved', t => {
	t.is(fit('container', 6), 'conta…');
	t.is(fit('container', 6, {ellipsis: '~'}), 'conta~');
	t.is(fit('ab', 4, {align: 'right'}), '  ab');
	t.is(cut('宽字符', 3), '宽');
});

test('words are wrapped, and a word that is too long is broken', t => {
	t.deepEqual(wrapWords('one two three', 7), ['one two', 'three']);
	t.deepEqual(wrapWords('abcdefgh ij', 3), ['abc', 'def', 'gh', 'ij']);
	t.true(wrapWords('宽字符宽字符', 1).length > 0);
});
