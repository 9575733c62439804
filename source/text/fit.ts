import {agreedForm} from './agreed-form.js';
import {escapeControls} from './escape.js';
import {columnsOf, widthOf} from './width.js';

const printable = /^[\u{20}-\u{7E}]*$/v;

/** Untrusted text as one line without control characters, of the same width in every terminal: see `agreed-form.ts`. */
export const clean = (text: string): string =>
	printable.test(text) ? text : agreedForm(escapeControls(text));

/** The beginning of clean text, at most `width` columns wide. */
export const cut = (text: string, width: number): string => {
	if (width <= 0) {
		return '';
	}

	if (printable.test(text)) {
		return text.slice(0, width);
	}

	let columns = 0;
	let end = 0;
	while (end < text.length) {
		const code = text.codePointAt(end)!;
		columns += columnsOf(code);
		if (columns > width) {
			break;
		}

		end += code > 0xFF_FF ? 2 : 1;
	}

	return text.slice(0, end);
};

/** Clean text in exactly `width` columns: padded with spaces, or cut with an ellipsis. */
export const fit = (text: string, width: number, {align = 'left', ellipsis = '…'}: {readonly align?: 'left' | 'right'; readonly ellipsis?: string} = {}): string => {
	if (width <= 0) {
		return '';
	}

	const given = widthOf(text);
	const shown = given <= width ? text : `${cut(text, width - 1)}${width > 1 ? ellipsis : ''}`;
	const missing = ' '.repeat(Math.max(0, width - (given <= width ? given : widthOf(shown))));
	return align === 'left' ? shown + missing : missing + shown;
};

/** Wraps words into lines of at most `width` columns; breaks longer words. */
export const wrapWords = (text: string, width: number): readonly string[] => {
	const lines: string[] = [];
	let line = '';
	for (let word of text.split(' ')) {
		if (line !== '' && widthOf(line) + 1 + widthOf(word) <= width) {
			line += ` ${word}`;
			continue;
		}

		if (line !== '') {
			lines.push(line);
		}

		while (widthOf(word) > width) {
			const head = cut(word, width) || word.slice(0, 1);
			lines.push(head);
			word = word.slice(head.length);
		}

		line = word;
	}

	return [...lines, line];
};
