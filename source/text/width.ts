let segmenter: Intl.Segmenter | undefined;
// East Asian wide and full-width characters, and emoji, take two columns of a terminal (UAX #11).
const wide = /^[\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}]|^\p{Emoji_Presentation}/v;

/** The columns that text takes in a terminal. */
export const widthOf = (text: string): number => {
	// The ellipsis, of cut values.
	if (/^[\u{20}-\u{7E}\u{2026}]*$/v.test(text)) {
		return text.length;
	}

	const {stripVTControlCharacters} = process.getBuiltinModule('node:util');
	segmenter ??= new Intl.Segmenter();
	let width = 0;
	for (const {segment} of segmenter.segment(stripVTControlCharacters(text))) {
		width += wide.test(segment) ? 2 : 1;
	}

	return width;
};
