import {widthOf} from '../../text/width.js';
import {bodyRows, layoutOf} from '../frame/layout.js';
import {cut, fit} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import type {UiState} from '../state/ui-state.js';
import type {LogLine} from './log-buffer.js';
import type {LogsState} from './logs-state.js';
import {rangesOf} from './pattern.js';

/** Size of the logs pane without its border, in a terminal of this size. */
export const logArea = ({columns, rows}: {readonly columns: number; readonly rows: number}, {focus, isZoomed}: Pick<UiState, 'focus' | 'isZoomed'>): {readonly width: number; readonly height: number} => {
	const area = layoutOf({width: columns, height: bodyRows(rows)}, focus, isZoomed).rows.flat().find(({name}) => name === 'logs');
	return {width: Math.max(1, (area?.width ?? columns) - 2), height: Math.max(1, (area?.height ?? bodyRows(rows)) - 2)};
};

const sourceWidth = 14;

/** Columns of timestamp and container name before the text. */
export const prefixWidth = ({hasTimestamps}: Pick<LogsState, 'hasTimestamps'>, sources: number): number =>
	(hasTimestamps ? 13 : 0) + (sources > 1 ? sourceWidth + 1 : 0);

/** Rows of the screen that a line occupies. */
export const rowsOfLine = (line: LogLine | undefined, state: Pick<LogsState, 'isWrapped' | 'hasTimestamps'>, width: number, sources: number): number =>
	line && state.isWrapped ? Math.max(1, Math.ceil(widthOf(line.text) / Math.max(1, width - prefixWidth(state, sources)))) : 1;

type Look = {readonly at: number; readonly paint: (text: string) => string};

const plain = (text: string) => text;

/** The styles of a line: the container's own colours with matches on top. */
const looksOf = ({text, runs = [], stream}: LogLine, {search, filter}: Pick<LogsState, 'search' | 'filter'>, isCursor: boolean, theme: Theme): readonly Look[] => {
	const base = theme.depth === 'none' ? [] : runs;
	const own = (at: number) => {
		const sgr = base.findLast(run => run.at <= at)?.sgr ?? '';
		return sgr === '' ? (stream === 'stderr' ? (piece: string) => theme.paint('warning', piece) : plain) : (piece: string) => `\u{1B}[${sgr}m${piece}\u{1B}[0m`;
	};

	const pattern = search ?? filter;
	const ranges = pattern ? rangesOf(pattern, text) : [];
	const isInMatch = (at: number) => ranges.some(([from, to]) => at >= from && at < to);
	const bounds = new Set([0, ...base.map(({at}) => at), ...ranges.flat()]);
	return [...bounds].filter(at => at < text.length).toSorted((a, b) => a - b).map(at => ({
		at,
		paint: isInMatch(at) ? piece => theme.paint(isCursor ? 'currentMatch' : 'match', piece) : own(at),
	}));
};

const slice = (text: string, column: number, width: number): {readonly from: number; readonly visible: string} => {
	const from = column === 0 ? 0 : cut(text, column).length;
	return {from, visible: cut(text.slice(from), width)};
};

const paintSlice = (from: number, visible: string, looks: readonly Look[]): string => {
	let painted = '';
	for (const [index, {at, paint}] of looks.entries()) {
		const start = Math.max(at, from);
		const end = Math.min(looks[index + 1]?.at ?? Infinity, from + visible.length);
		if (start < end) {
			painted += paint(visible.slice(start - from, end - from));
		}
	}

	return painted;
};

export type RowOptions = {
	readonly width: number;
	readonly state: LogsState;
	readonly names: readonly string[];
	readonly isCursor: boolean;
	readonly theme: Theme;
};

/** The rows of a line, each exactly `width` columns. */
export const rowsFor = (line: LogLine, {width, state, names, isCursor, theme}: RowOptions): readonly string[] => {
	const prefix = (state.hasTimestamps ? theme.paint('dim', fit(line.timestamp.slice(11, 23), 12)) + ' ' : '')
		+ (names.length > 1 ? theme.paintSource(line.source, fit(names[line.source] ?? '', sourceWidth, {ellipsis: theme.glyphs.ellipsis})) + ' ' : '');
	const room = Math.max(1, width - prefixWidth(state, names.length));
	const text = line.cutBytes ? `${line.text} [${line.cutBytes} more bytes]` : line.text;
	const looks = looksOf({...line, text}, state, isCursor, theme);
	const rows: string[] = [];
	let {column} = state;
	do {
		const {from, visible} = slice(text, column, room);
		const row = prefix + (isCursor && looks.length === 1 && looks[0]!.paint === plain
			? theme.paint('selectedElsewhere', fit(visible, room))
			: paintSlice(from, visible, looks) + ' '.repeat(Math.max(0, room - widthOf(visible))));
		rows.push(row);
		column += room;
	} while (state.isWrapped && column < widthOf(text));

	return rows;
};
