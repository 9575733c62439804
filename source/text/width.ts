/*
Columns of characters in a terminal, one code point at a time. Clusters have no width of their own: terminals disagree on it, and `agreedForm` takes them apart.
*/

// East Asian wide and full-width characters (UAX #11), which include all emoji of two columns.
const wide = /^[[\u{1100}-\u{115F}\u{2329}\u{232A}\u{2630}-\u{2637}\u{268A}-\u{268F}\u{2E80}-\u{303E}\u{3041}-\u{3247}\u{3250}-\u{A4CF}\u{A960}-\u{A97C}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE10}-\u{FE19}\u{FE30}-\u{FE6B}\u{FF01}-\u{FF60}\u{FFE0}-\u{FFE6}\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1D300}-\u{1D356}\u{1D360}-\u{1D376}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]--\p{Regional_Indicator}]/v;
// Marks on the character before them, what is never shown, and Hangul vowels and finals, which join with an initial.
const zero = /^[\p{Nonspacing_Mark}\p{Enclosing_Mark}\p{Default_Ignorable_Code_Point}\u{1161}-\u{11FF}\u{D7B0}-\u{D7FF}]/v;

// Zero if not yet determined, otherwise one more than the columns.
const known = new Uint8Array(0x1_00_00);

const measure = (code: number): number => {
	const character = String.fromCodePoint(code);
	return zero.test(character) ? 0 : (wide.test(character) ? 2 : 1);
};

/** The columns of a code point: 0, 1 or 2. Ambiguous ones take one. */
export const columnsOf = (code: number): number => {
	if (code < 0x3_00 || (code >= 0x25_00 && code < 0x26_00 && code !== 0x25_FD && code !== 0x25_FE)) {
		return code === 0xAD ? 0 : 1;
	}

	if (code > 0xFF_FF) {
		return measure(code);
	}

	known[code] ||= measure(code) + 1;
	return known[code] - 1;
};

/** The columns that text takes in a terminal. */
export const widthOf = (text: string): number => {
	// The ellipsis, of cut values.
	if (/^[\u{20}-\u{7E}\u{2026}]*$/v.test(text)) {
		return text.length;
	}

	const plain = text.includes('\u{1B}') ? process.getBuiltinModule('node:util').stripVTControlCharacters(text) : text;
	let width = 0;
	for (let index = 0; index < plain.length; index++) {
		const code = plain.codePointAt(index)!;
		width += columnsOf(code);
		index += code > 0xFF_FF ? 1 : 0;
	}

	return width;
};
