import {escapeCharacter} from './escape.js';

/*
Text in a form whose width all terminals agree on, as far as there is one. Clusters are taken apart, so that every character left stands for itself:

- Characters that are never shown are dropped: joiners, variation selectors, fillers. An emoji of several people becomes those people.
- Skin tones are dropped from the emoji before them, and enclosing marks, as those of keycaps, from their character.
- A flag becomes the letters of its country.
- Marks are composed with their letter (NFC). Of those left a letter keeps two, which take no column; all other characters keep none.
- Spaces of all kinds become ASCII spaces of the same width.
- What has no form that all agree on is shown as an escape: unassigned and private characters, noncharacters, lone surrogates, format characters, parts of old Hangul syllables, and skin tones and marks on their own.

What terminals still disagree on is the width of single characters: newer emoji and hexagrams, marks that take a column, and the ambiguous ones where the user chose to have them wide. `isCertain` tells those apart; what draws them says where the next character goes.
*/

// Latin, Greek, Cyrillic, punctuation, arrows, lines, Han, kana and Hangul syllables stay as they are.
const simple = /^[\u{20}-\u{7E}\u{A1}-\u{AC}\u{AE}-\u{2FF}\u{391}-\u{3A1}\u{3A3}-\u{3FF}\u{400}-\u{482}\u{48A}-\u{52F}\u{2010}-\u{2027}\u{2190}-\u{21FF}\u{2500}-\u{25FC}\u{3001}-\u{3029}\u{3041}-\u{3096}\u{30A0}-\u{30FF}\u{4E00}-\u{9FFF}\u{AC00}-\u{D7A3}]*$/v;

const dropped = /^[\p{Default_Ignorable_Code_Point}\p{Enclosing_Mark}]/v;
const opaque = /^[\p{Unassigned}\p{Private_Use}\p{Surrogate}\p{Format}\u{1160}-\u{11FF}\u{D7B0}-\u{D7C6}\u{D7CB}-\u{D7FB}]/v;
const mark = /^\p{Nonspacing_Mark}/v;
const markable = /^[\p{Letter}\p{Number}\p{Spacing_Mark}]/v;
const mostMarks = 2;
const firstFlagLetter = 0x1_F1_E6;

/** Text without control characters, in the form above. */
export const agreedForm = (text: string): string => {
	if (simple.test(text)) {
		return text;
	}

	let shown = '';
	let last = '';
	let marks = 0;
	for (const character of text.normalize('NFC')) {
		if (simple.test(character)) {
			shown += character;
			last = character;
			marks = 0;
		} else if (dropped.test(character)) {
			// It also has no part in what is before and after it.
		} else if (/^\p{Regional_Indicator}/v.test(character)) {
			last = String.fromCodePoint(character.codePointAt(0)! - firstFlagLetter + 65);
			shown += last;
			marks = 0;
		} else if (/^\p{Emoji_Modifier}/v.test(character)) {
			shown += /^\p{Extended_Pictographic}/v.test(last) ? '' : escapeCharacter(character);
		} else if (mark.test(character)) {
			marks++;
			shown += markable.test(last) ? (marks > mostMarks ? '' : character) : escapeCharacter(character);
		} else if (opaque.test(character)) {
			shown += escapeCharacter(character);
			last = '';
		} else {
			const isSpace = /^\p{Space_Separator}/v.test(character);
			last = isSpace ? ' ' : character;
			shown += isSpace ? (character === '\u{3000}' ? '  ' : ' ') : character;
			marks = 0;
		}
	}

	return shown;
};

// ASCII, and what Holm itself draws with.
const certain = /^[\u{20}-\u{7E}\u{B7}\u{D7}\u{2026}\u{2190}-\u{2193}\u{2500}-\u{25CF}\u{2713}]$/v;

/** Whether every terminal gives a character the width that `widthOf` gives it. */
export const isCertain = (character: string): boolean => certain.test(character);
