import {isCertain} from '../../text/agreed-form.js';
import type {Row} from './row.js';
import {changeStyle, isPlainSpace} from './style.js';

/** Equal columns between changes that are written again, since a jump over them is as long. */
const shortestGap = 5;
/** Spaces that take more bytes than erasing them and moving over them. */
const shortestErasure = 12;

const certain = new Map<string, boolean>();

const isSure = (character: string): boolean => {
	let known = certain.get(character);
	if (known === undefined) {
		known = character === '' || isCertain(character);
		if (certain.size >= 5000) {
			certain.clear();
		}

		certain.set(character, known);
	}

	return known;
};

export type ErasureOptions = {
	/** Whether erased columns take the background of the current style. */
	readonly hasColouredErasure: boolean;
};

export type RowUpdateOptions = ErasureOptions & {
	/** The row's number on the screen, from 0. */
	readonly number: number;
	/** The terminal's current style. */
	readonly style: string;
};

export type RowUpdate = {
	/** Starts with an absolute position; empty if nothing changed. */
	readonly bytes: string;
	/** The style at the end. */
	readonly style: string;
};

const isChanged = (before: Row, after: Row, column: number): boolean =>
	after.characters[column] !== before.characters[column] || after.styles[column] !== before.styles[column];

const firstDifference = (before: Row, after: Row): number =>
	after.characters.findIndex((_, column) => isChanged(before, after, column));

/** The column after the last one that shows something. */
const endOfContent = ({characters, styles}: Row): number =>
	characters.findLastIndex((character, column) => character !== ' ' || styles[column] !== '') + 1;

/** What makes one row of the screen into another. Each run of changed columns is placed absolutely, and so is what follows a character whose width a terminal may see differently. */
export const updateRow = (before: Row, after: Row, options: RowUpdateOptions): RowUpdate => {
	const {characters, styles} = after;
	let {style} = options;
	let bytes = '';
	const changeTo = (wanted: string) => {
		bytes += changeStyle(style, wanted);
		style = wanted;
	};

	const write = (from: number, to: number) => {
		for (let column = from; column < to; column++) {
			const character = characters[column]!;
			if (character === '') {
				continue;
			}

			changeTo(styles[column]!);
			if (character === ' ' && options.hasColouredErasure) {
				let end = column + 1;
				while (end < to && characters[end] === ' ' && styles[end] === style) {
					end++;
				}

				if (end - column >= shortestErasure && isPlainSpace(style)) {
					bytes += `\u{1B}[${end - column}X\u{1B}[${end + 1}G`;
					column = end - 1;
					continue;
				}
			}

			bytes += character;
			const next = characters[column + 1] === '' ? column + 2 : column + 1;
			if (!isSure(character) && next < to && isSure(characters[next]!)) {
				bytes += `\u{1B}[${next + 1}G`;
			}
		}
	};

	const first = firstDifference(before, after);
	if (first === -1) {
		return {bytes, style};
	}

	let at: number | undefined;
	const place = (column: number) => {
		at = column;
		bytes += bytes === '' ? `\u{1B}[${options.number + 1}${column === 0 ? '' : `;${column + 1}`}H` : `\u{1B}[${column + 1}G`;
	};

	const content = endOfContent(after);
	// What a terminal draws wider may cover columns that have not changed.
	const isUnsure = characters.some((character, column) => column >= first && !isSure(character));
	const hasTail = endOfContent(before) - content > 3;
	const end = hasTail ? Math.max(first, content) : characters.length;
	if (isUnsure) {
		place(first);
		changeTo('');
		bytes += '\u{1B}[K';
		write(first, content);
		return {bytes, style};
	}

	let from = first;
	while (from < end) {
		let to = from + 1;
		for (let column = to; column < end && column - to < shortestGap; column++) {
			if (isChanged(before, after, column)) {
				to = column + 1;
			}
		}

		place(from);
		write(from, to);
		at = from = to;
		while (from < end && !isChanged(before, after, from)) {
			from++;
		}
	}

	if (hasTail) {
		if (at !== end) {
			place(end);
		}

		changeTo('');
		bytes += '\u{1B}[K';
	}

	return {bytes, style};
};
