import {stripVTControlCharacters} from 'node:util';

const segmenter = new Intl.Segmenter();
// East Asian wide and full-width characters, and emoji, take two columns of a terminal (UAX #11).
const wide = /^[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|^\p{Emoji_Presentation}/u;

/** The columns that text takes in a terminal. */
export const widthOf = (text: string): number => {
	// eslint-disable-next-line no-control-regex -- all of ASCII is one column wide
	if (/^[\u0020-\u007E]*$/.test(text)) {
		return text.length;
	}

	let width = 0;
	for (const {segment} of segmenter.segment(stripVTControlCharacters(text))) {
		width += wide.test(segment) ? 2 : 1;
	}

	return width;
};
