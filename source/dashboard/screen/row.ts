import {columnsOf} from '../../text/width.js';
import {styleAfter} from './style.js';

/** Of a terminal. */
export type Size = {readonly columns: number; readonly rows: number};

/** A row of the screen by columns. A wide character is in its first column, with nothing in its second; marks are with their character. */
export type Row = {readonly characters: string[]; readonly styles: string[]};

export const blankRow = (columns: number): Row => ({
	characters: Array.from({length: columns}, () => ' '),
	styles: Array.from({length: columns}, () => ''),
});

/** Text at a column, of which only the columns from `from` to before `to` are seen. It may have styles, but no other control characters. */
export type PlacedText = {readonly x: number; readonly text: string; readonly from: number; readonly to: number};

/** A wide character of which half is overwritten is a space in its other half. */
const split = ({characters}: Row, column: number) => {
	if (column > 0 && characters[column] === '') {
		characters[column - 1] = ' ';
		characters[column] = ' ';
	}
};

// eslint-disable-next-line no-control-regex, regexp/no-control-character -- they begin with one
const sequence = /\u{1B}\[(?<parameters>[\d:;]*)m/gv;

/** Where and how characters are written. */
type Pen = {readonly start: number; readonly end: number; style: string};

/** Writes a character of one or two columns; of one that is half outside, a space. */
const put = (row: Row, column: number, character: string, {style, start, end}: Pen) => {
	const {characters, styles} = row;
	const last = column + columnsOf(character.codePointAt(0)!);
	if (last <= start || column >= end) {
		return;
	}

	const isWhole = column >= start && last <= end;
	const first = Math.max(column, start);
	split(row, first);
	split(row, Math.min(last, end));
	for (let at = first; at < Math.min(last, end); at++) {
		characters[at] = isWhole ? (at === column ? character : '') : ' ';
		styles[at] = style;
	}
};

/** Adds a mark to the character before a column. */
const addMark = ({characters}: Row, column: number, mark: string, {start, end}: Pen) => {
	const base = characters[column - 1] === '' ? column - 2 : column - 1;
	if (base >= start && column <= end) {
		characters[base] += mark;
	}
};

/** Writes text into a row; the row's columns outside stay as they are. */
export const place = (row: Row, {x, text, from, to}: PlacedText): void => {
	const pen: Pen = {start: Math.max(0, from), end: Math.min(row.characters.length, to), style: ''};
	let column = x;
	const write = (piece: string) => {
		for (let index = 0; index < piece.length; index++) {
			const code = piece.codePointAt(index)!;
			const character = code < 0x80 ? piece[index]! : String.fromCodePoint(code);
			const width = columnsOf(code);
			index += character.length - 1;
			if (code < 0x20 || code === 0x7F) {
				continue;
			}

			if (width > 0) {
				put(row, column, character, pen);
			} else if (column > x) {
				addMark(row, column, character, pen);
			}

			column += width;
		}
	};

	let last = 0;
	for (const match of text.matchAll(sequence)) {
		write(text.slice(last, match.index));
		pen.style = styleAfter(pen.style, match.groups!.parameters!);
		last = match.index + match[0].length;
	}

	write(text.slice(last));
};
