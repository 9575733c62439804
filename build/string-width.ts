/**
The package `string-width` for the dashboard's bundle, without its start: its patterns of all emoji take as long as the rest of Ink. They are made once text needs them.
*/
import type packageWidth from 'string-width';

type Width = typeof packageWidth;

/** Characters of one column that join with no other: Latin, punctuation, arrows, and what lines and charts are drawn with. */
const simple = /^[\u{20}-\u{7E}\u{A1}-\u{AC}\u{AE}-\u{2FF}\u{2010}-\u{2027}\u{2190}-\u{21FF}\u{2500}-\u{25FC}\u{2713}\u{2717}]*$/v;
// eslint-disable-next-line no-control-regex, regexp/no-control-character
const colours = /\u{1B}\[[\d;]*m/gv;

/** The width of text if it is the number of its characters, without colours. */
export const simpleWidth = (...[text, options]: Parameters<Width>): number | undefined => {
	const {ambiguousIsNarrow = true, countAnsiEscapeCodes = false} = options ?? {};
	if (!ambiguousIsNarrow) {
		return undefined;
	}

	const plain = countAnsiEscapeCodes ? text : text.replaceAll(colours, '');
	return simple.test(plain) ? plain.length : undefined;
};

let full: Width | undefined;

/** As `string-width`. */
export default function stringWidth(...[text, options]: Parameters<Width>): number {
	const width = simpleWidth(text, options);
	if (width !== undefined) {
		return width;
	}

	// The bundler knows this call, and runs the package's module when it is reached.
	// eslint-disable-next-line unicorn/prefer-module, @typescript-eslint/no-require-imports
	full ??= (require('string-width') as {readonly default: Width}).default;
	return full(text, options);
}
