import test from 'ava';
import stringWidth from 'string-width';
import {agreedForm, isCertain} from '../../source/text/agreed-form.js';
import {clean} from '../../source/text/fit.js';
import {widthOf} from '../../source/text/width.js';

const forms: ReadonlyArray<readonly [given: string, shown: string]> = [
	['👍🏽 done', '👍 done'],
	['👩\u{200D}👩\u{200D}👧', '👩👩👧'],
	['🇩🇪 flag', 'DE flag'],
	['1\u{FE0F}\u{20E3}', '1'],
	['❤\u{FE0F}', '❤'],
	['⌚\u{FE0E}', '⌚'],
	['e\u{301}', 'é'],
	['\u{1112}\u{1161}\u{11AB}', '한'],
	['\u{1161}', String.raw`\u1161`],
	['\u{301}x', String.raw`\u0301x`],
	['z\u{336}\u{337}\u{338}\u{322}', 'z\u{336}\u{337}'],
	['a\u{A0}b\u{3000}c', 'a b  c'],
	['\u{E0B0}', String.raw`\ue0b0`],
	['\u{1F3FD}', String.raw`\ud83c\udffd`],
	['\u{FFFE}', String.raw`\ufffe`],
	['\u{600}', String.raw`\u0600`],
	['漢字 ёж, ελ, العربية', '漢字 ёж, ελ, العربية'],
];

test('what terminals see differently is taken apart, dropped or escaped', t => {
	for (const [given, shown] of forms) {
		t.is(agreedForm(given), shown);
	}
});

test('the form is its own form, and characters do not join', t => {
	const shown: string[] = [];
	const others: string[] = [];
	for (let code = 0; code <= 0x10_FF_FF; code++) {
		const character = String.fromCodePoint(code);
		const form = clean(character);
		// Not each with its own assertion: there are a million.
		if (clean(form) !== form || widthOf(form) !== stringWidth(form)) {
			others.push(`U+${code.toString(16)}: ${JSON.stringify(form)}, ${widthOf(form)} columns`);
		}

		if (form === character) {
			shown.push(character);
		}
	}

	t.deepEqual(others, []);
	t.true(shown.length > 100_000);
	t.is(widthOf(shown.join('')), shown.reduce((sum, character) => sum + widthOf(character), 0));
});

test('only characters of one column are certain', t => {
	const characters = Array.from({length: 0x1_00_00}, (_, code) => String.fromCodePoint(code));
	t.deepEqual(characters.filter(character => isCertain(character) && (widthOf(character) !== 1 || clean(character) !== character)), []);

	t.true(isCertain('│') && !isCertain('é'));
});
