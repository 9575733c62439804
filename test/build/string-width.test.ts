import test from 'ava';
import stringWidth from 'string-width';
import {simpleWidth} from '../../build/string-width.js';

test('text whose width is its length has that width in the package, too', t => {
	const characters = Array.from({length: 0x1_00_00}, (_, code) => String.fromCodePoint(code));
	const simple = characters.filter(character => simpleWidth(character) !== undefined);
	t.true(simple.length > 1000);
	t.deepEqual(simple.filter(character => stringWidth(character) !== 1), []);
	// None joins with its neighbours.
	t.is(stringWidth(simple.join('')), simple.length);
	t.is(stringWidth(simple.toReversed().join('')), simple.length);
	for (const text of ['', 'a', '\u{1B}[1mbold\u{1B}[22m', '\u{1B}[38;2;1;2;3m│ ●\u{1B}[39m', '╭──╮']) {
		t.is(simpleWidth(text), stringWidth(text), text);
	}
});

test('all other text is left to the package', t => {
	for (const text of ['漢', '👍', 'e\u{301}', '\u{AD}', '\u{7}', '\u{1B}[2Ja', '\u{1B}]0;title\u{7}', '\u{E000}']) {
		t.is(simpleWidth(text), undefined, JSON.stringify(text));
	}

	t.is(simpleWidth('\u{1B}[1m', {countAnsiEscapeCodes: true}), undefined);
	t.is(simpleWidth('─', {ambiguousIsNarrow: false}), undefined);
});
