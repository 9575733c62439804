import {blankRow, place, type PlacedText, type Row, type Size} from './row.js';
import {changeStyle} from './style.js';
import {updateRow, type ErasureOptions} from './update-row.js';

/** Marks of a synchronized update, DEC private mode 2026. Terminals ignore modes they do not know. */
const begin = '\u{1B}[?2026h';
const end = '\u{1B}[?2026l';

/*
Modes while the screen is up. What a terminal draws wider than expected must not continue on the next row: automatic wrap (DECAWM) is off. Letters stay where they are put: no reordering by the terminal (ECMA-48, BDSM).
*/
const modes = '\u{1B}[?25l\u{1B}[?7l\u{1B}[8l';

/** Takes the screen: the alternate one, without cursor, wrap and reordering. */
export const takeScreen = `\u{1B}[?1049h${modes}`;

/** Gives the screen back. */
export const returnScreen = '\u{1B}[m\u{1B}[8h\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l';

/** Undoes what another program may have left: character sets, insert mode, margins, origin mode, reverse video. */
const heal = `\u{F}\u{1B}(B\u{1B}[4l\u{1B}[?69l\u{1B}[?6l\u{1B}[r\u{1B}[?5l${modes}`;

export type Screen = {
	/** The bytes that bring the terminal from the last frame to this one; empty if it shows it already. */
	readonly update: (texts: ReadonlyArray<readonly PlacedText[]>, size: Size) => string;
	/** Draws the next frame whole, on a cleared screen in the modes above. */
	readonly forget: () => void;
	/** The rows of the last frame. */
	readonly rows: () => readonly Row[];
};

const areEqual = (one: readonly PlacedText[], other: readonly PlacedText[]): boolean =>
	one.length === other.length && one.every(({x, text, from, to}, index) => {
		const second = other[index]!;
		return text === second.text && x === second.x && from === second.from && to === second.to;
	});

/** Keeps what the terminal shows, and composes only the rows whose texts have changed. */
export const createScreen = (options: ErasureOptions): Screen => {
	let isKnown = false;
	let size: Size = {columns: 0, rows: 0};
	let texts: ReadonlyArray<readonly PlacedText[]> = [];
	let rows: Row[] = [];
	return {
		update(given, givenSize) {
			let bytes = '';
			if (!isKnown || size.columns !== givenSize.columns || size.rows !== givenSize.rows) {
				bytes = `${heal}\u{1B}[m\u{1B}[H\u{1B}[2J`;
				size = givenSize;
				texts = Array.from({length: size.rows}, () => []);
				rows = Array.from({length: size.rows}, () => blankRow(size.columns));
				isKnown = true;
			}

			let style = '';
			for (const [number, row] of given.entries()) {
				if (areEqual(row, texts[number]!)) {
					continue;
				}

				const next = blankRow(size.columns);
				for (const text of row) {
					place(next, text);
				}

				const update = updateRow(rows[number]!, next, {...options, number, style});
				bytes += update.bytes;
				style = update.style;
				rows[number] = next;
			}

			texts = given;
			return bytes === '' ? '' : begin + bytes + changeStyle(style, '') + end;
		},
		forget() {
			isKnown = false;
		},
		rows: () => rows,
	};
};
