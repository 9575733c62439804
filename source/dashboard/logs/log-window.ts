import type {LogIndex} from './log-index.js';

/** The pane of a log. */
export type Screen = {
	readonly index: LogIndex;
	/** Rows of the pane. */
	readonly height: number;
	/** Rows that a line occupies, at least 1. */
	readonly rowsOf: (sequence: number) => number;
};

/** The part of a log on the screen. Lines are indices; the first and the last one may be partly outside. */
export type LogWindow = {
	readonly top: number;
	/** Rows of the first line above the screen. */
	readonly above: number;
	readonly bottom: number;
	/** Rows of the last line below the screen. */
	readonly below: number;
};

/** Lines from this one on, without its first rows. The end of the log stays at the lower border. */
export const windowDown = (top: number, above: number, screen: Screen): LogWindow => {
	const {index, height, rowsOf} = screen;
	const last = index.count() - 1;
	if (last < 0) {
		return {top: 0, above: 0, bottom: -1, below: 0};
	}

	const hidden = Math.min(above, rowsOf(index.at(top)!) - 1);
	let rows = rowsOf(index.at(top)!) - hidden;
	let bottom = top;
	while (rows < height && bottom < last) {
		bottom++;
		rows += rowsOf(index.at(bottom)!);
	}

	// After the end of the log it would not be full.
	const isShort = rows < height && (top > 0 || hidden > 0);
	return isShort ? windowUp(last, 0, screen) : {top, above: hidden, bottom, below: Math.max(0, rows - height)};
};

/** Lines up to this one, without its last rows. The start of the log stays at the upper border. */
export const windowUp = (bottom: number, below: number, screen: Screen): LogWindow => {
	const {index, height, rowsOf} = screen;
	if (index.count() === 0) {
		return {top: 0, above: 0, bottom: -1, below: 0};
	}

	const hidden = Math.min(below, rowsOf(index.at(bottom)!) - 1);
	let rows = rowsOf(index.at(bottom)!) - hidden;
	let top = bottom;
	while (rows < height && top > 0) {
		top--;
		rows += rowsOf(index.at(top)!);
	}

	return rows < height ? windowDown(0, 0, screen) : {top, above: rows - height, bottom, below: hidden};
};

/** Moved as little as possible so that a line is on the screen: whole, or if it is longer than the screen, its start or end. */
export const windowAt = (line: number, window: LogWindow, screen: Screen, side: 'start' | 'end' = 'start'): LogWindow => {
	const {index, height, rowsOf} = screen;
	const {top, above, bottom, below} = window;
	const isCut = (line === top && above > 0) || (line === bottom && below > 0);
	if (index.count() === 0 || (line >= top && line <= bottom && !isCut)) {
		return window;
	}

	if (rowsOf(index.at(line)!) < height) {
		return line < top || (line === top && above > 0) ? windowDown(line, 0, screen) : windowUp(line, 0, screen);
	}

	// A line that fills the screen stays where it was scrolled to.
	if (line === top && line === bottom) {
		return window;
	}

	return side === 'start' ? windowDown(line, 0, screen) : windowUp(line, 0, screen);
};
