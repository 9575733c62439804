import {StringDecoder} from 'node:string_decoder';
import {escapeControlsInLines} from '../../text/escape.js';

/** SGR of ECMA-48: colours, weights and underlines, which only change how text looks. */
// eslint-disable-next-line no-control-regex, regexp/no-control-character, regexp/prefer-named-capture-group -- `split` gives the group back
const looks = /(\u{1B}\[[\d:;]{0,64}m)/v;

/** The beginning of a sequence or of a line end that the next piece may complete. */
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
const unfinished = /(?:\r{1,8}|\u{1B}(?:\[[\d:;]{0,64})?)$/v;

const usualLook = '\u{1B}[0m';

export type LogText = {
	/** Converts the next piece of a log, which may begin and end anywhere. */
	readonly write: (bytes: Uint8Array) => string;
	/** Flushes the rest, and resets the terminal's colours. */
	readonly end: () => string;
};

/** Converts the bytes of a log into text for a terminal, with control sequences escaped except for colours, and without `hasColours` all of them. */
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
