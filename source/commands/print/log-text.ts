import {StringDecoder} from 'node:string_decoder';
import {escapeControlsInLines} from '../../text/escape.js';

/** SGR of ECMA-48: colours, weights and underlines, which programs write into logs and which change nothing but how text looks. */
// eslint-disable-next-line no-control-regex, regexp/no-control-character, regexp/prefer-named-capture-group -- `split` gives the group back
const looks = /(\u{1B}\[[\d:;]{0,64}m)/v;

/** What the next piece may make a look or the end of a line. */
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
const unfinished = /(?:\r{1,8}|\u{1B}(?:\[[\d:;]{0,64})?)$/v;

const usualLook = '\u{1B}[0m';

export type LogText = {
	/** The next piece of a log, which may begin and end anywhere. */
	readonly write: (bytes: Uint8Array) => string;
	/** What was held back, and the terminal's usual look. */
	readonly end: () => string;
};

/** Turns the bytes of a log into text for a terminal, which obeys nothing of it but colours, and without `hasColours` nothing at all. */
export const createLogText = (hasColours: boolean): LogText => {
	const decoder = new StringDecoder('utf8');
	let held = '';
	let isPlain = true;
	const show = (text: string): string => text.replaceAll(/\r{1,8}\n/gv, '\n').split(looks).map((piece, index) => {
		if (index % 2 === 0 || !hasColours) {
			return escapeControlsInLines(piece);
		}

		isPlain = false;
		return piece;
	}).join('');

	return {
		write(bytes) {
			const text = held + decoder.write(bytes);
			held = unfinished.exec(text)?.[0] ?? '';
			return show(text.slice(0, text.length - held.length));
		},
		end: () => show(held + decoder.end()) + (isPlain ? '' : usualLook),
	};
};
