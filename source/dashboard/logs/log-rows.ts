import {widthOf} from '../../text/width.js';
import {bodyRows, layoutOf} from '../frame/layout.js';
import {cut, fit} from '../../text/fit.js';
import type {Role, Theme} from '../frame/theme.js';
import type {UiState} from '../state/ui-state.js';
import {clockText, clockWidth} from './clock.js';
import {levelRoles, shownTexts, type ShownText, type Style} from './forms.js';
import {levelOf, type Level} from './level.js';
import type {LogLine} from './log-buffer.js';
import type {LogsState} from './logs-state.js';
import {rangesOf} from './pattern.js';

/** Size of the logs pane without its border, in a terminal of this size. */
export const logArea = ({columns, rows}: {readonly columns: number; readonly rows: number}, {focus, isZoomed}: Pick<UiState, 'focus' | 'isZoomed'>): {readonly width: number; readonly height: number} => {
	const area = layoutOf({width: columns, height: bodyRows(rows)}, focus, isZoomed).rows.flat().find(({name}) => name === 'logs');
	return {width: Math.max(1, (area?.width ?? columns) - 2), height: Math.max(1, (area?.height ?? bodyRows(rows)) - 2)};
};

const markWidth = 2;
// Widths of container names, and the least that they and times leave for the text.
const sourceWidths = [14, 6, 0];
const leastRoom = 12;

/** How lines are laid out. */
export type Sheet = {
	readonly state: Pick<LogsState, 'form' | 'isWrapped' | 'times'>;
	/** Columns inside the border. */
	readonly width: number;
	/** Number of followed containers. */
	readonly sources: number;
	/** Milliseconds since the epoch. */
	readonly now: number;
};

/** What stands before the text of a line. A narrow pane has shorter names, or none, and no times. */
type Prefix = {readonly hasTime: boolean; readonly sourceWidth: number; readonly columns: number};

const prefixOf = ({state: {times}, width, sources}: Sheet): Prefix => {
	const free = width - markWidth;
	const hasTime = times !== 'none' && free - clockWidth - 1 >= leastRoom;
	const left = free - (hasTime ? clockWidth + 1 : 0);
	const sourceWidth = sources > 1 ? sourceWidths.find(each => left - each - 1 >= leastRoom) ?? 0 : 0;
	return {hasTime, sourceWidth, columns: markWidth + free - left + (sourceWidth > 0 ? sourceWidth + 1 : 0)};
};

/** Columns for the text of a line, after mark, time and container name. */
export const textRoom = (sheet: Sheet): number => Math.max(1, sheet.width - prefixOf(sheet).columns);

/** A row of a line: a part of one of its texts; without `to`, up to the border. */
type Row = {readonly shown: ShownText; readonly from: number; readonly to?: number};

type LaidOut = {
	/** What it depends on, beside the line. */
	readonly key: string;
	readonly level: Level | undefined;
	readonly texts: readonly ShownText[];
	readonly rows: readonly Row[];
};

const printable = /^[\u{20}-\u{7E}]*$/v;

/** Where the rows of wrapped text start. */
export const startsOf = (text: string, room: number): readonly number[] => {
	const starts = [0];
	const isPrintable = printable.test(text);
	for (;;) {
		const from = starts.at(-1)!;
		// A character that is wider than the screen takes a row.
		const length = isPrintable ? room : cut(text.slice(from), room).length || [...text.slice(from, from + 2)][0]?.length || 1;
		if (from + length >= text.length) {
			return starts;
		}

		starts.push(from + length);
	}
};

const laidOut = new WeakMap<LogLine, LaidOut>();
const dayMs = 86_400_000;

/** The level, texts and rows of a line; kept for the next frame. */
const layOut = (line: LogLine, sheet: Sheet): LaidOut => {
	const {state: {form, isWrapped, times}, now} = sheet;
	const room = isWrapped ? textRoom(sheet) : 0;
	const key = `${form} ${room} ${form === 'columns' ? `${times} ${Math.floor(now / dayMs)}` : ''}`;
	const known = laidOut.get(line);
	if (known?.key === key) {
		return known;
	}

	const texts = shownTexts(line, form, {isUtc: times === 'utc', now});
	const rows = texts.flatMap((shown): readonly Row[] => {
		if (!isWrapped) {
			return [{shown, from: 0}];
		}

		const starts = startsOf(shown.text, room);
		return starts.map((from, index) => ({shown, from, to: starts[index + 1] ?? shown.text.length}));
	});
	const made = {key, level: known?.level ?? levelOf(line.text), texts, rows};
	laidOut.set(line, made);
	return made;
};

/** Rows of the screen that a line occupies. */
export const rowsOfLine = (line: LogLine | undefined, sheet: Sheet): number =>
	!line || (sheet.state.form === 'raw' && !sheet.state.isWrapped) ? 1 : layOut(line, sheet).rows.length;

/** Columns that a line occupies, if it is not wrapped. */
export const widthOfLine = (line: LogLine | undefined, sheet: Sheet): number =>
	line ? Math.max(...layOut(line, sheet).texts.map(({text}) => widthOf(text))) : 0;

const marks: Readonly<Record<Level, string>> = {fatal: 'F', error: 'E', warning: 'W', info: 'I', debug: 'D', trace: 'T'};

/** One letter for the level; a dim 2, the number of standard error, for its lines without a level. */
const markOf = (level: Level | undefined, {stream}: LogLine, theme: Theme): string =>
	(level ? theme.paint(levelRoles[level], marks[level]) : (stream === 'stderr' ? theme.paint('dim', '2') : ' ')) + ' ';

type Paint = (text: string) => string;

const plain: Paint = text => text;

export type RowOptions = Omit<Sheet, 'state' | 'sources'> & {
	readonly state: LogsState;
	readonly names: readonly string[];
	readonly isCursor: boolean;
	/** In the selected range. */
	readonly isSelected: boolean;
	/** The pane has the keys. */
	readonly isFocused: boolean;
	readonly theme: Theme;
};

/** The row of the cursor has one style from side to side, with matches on top. */
const highlightOf = ({isCursor, isSelected, isFocused}: RowOptions): Role | undefined =>
	isCursor && isFocused ? 'selected' : (isCursor || isSelected ? 'selectedElsewhere' : undefined);

const paintOfStyle = ({role, sgr}: Style, theme: Theme): Paint => {
	if (role !== undefined) {
		return role === 'text' ? plain : piece => theme.paint(role, piece);
	}

	return sgr === undefined || sgr === '' || theme.depth === 'none' ? plain : piece => `\u{1B}[${sgr}m${piece}\u{1B}[0m`;
};

/** Matches, as pairs of start and end. */
type Ranges = ReadonlyArray<readonly [number, number]>;

/** A part of a text in its styles: the match, the cursor, then those of the text. */
const paintPart = ({shown: {text, styles}, from, to}: Required<Row>, ranges: Ranges, options: RowOptions): string => {
	const {isCursor, theme} = options;
	const highlight = highlightOf(options);
	const changes = [...styles.map(({at}) => at), ...ranges.flat()].filter(at => at > from && at < to);
	const bounds = [...new Set([from, ...changes])].toSorted((a, b) => a - b);
	let painted = '';
	let style = -1;
	for (const [index, start] of bounds.entries()) {
		while (style + 1 < styles.length && styles[style + 1]!.at <= start) {
			style++;
		}

		const piece = text.slice(start, bounds[index + 1] ?? to);
		if (ranges.some(([first, end]) => start >= first && start < end)) {
			painted += theme.paint(isCursor ? 'currentMatch' : 'match', piece);
		} else if (highlight) {
			painted += theme.paint(highlight, piece);
		} else {
			painted += style === -1 ? piece : paintOfStyle(styles[style]!, theme)(piece);
		}
	}

	return painted;
};

type Cut = {readonly from: number; readonly to: number; readonly left: string; readonly right: string; readonly columns: number};

/** The part of a line between the borders, with marks where it goes on. */
const cutOut = (text: string, column: number, room: number, [before, after]: readonly [string, string]): Cut => {
	let from = 0;
	let left = '';
	const hasMarks = room > 2;
	if (hasMarks && column > 0 && text !== '') {
		const head = cut(text, column + 1);
		// A wide character may lie across the border.
		const isSplit = widthOf(head) <= column && head.length < text.length;
		from = isSplit ? head.length + cut(text.slice(head.length, head.length + 64), 2).length : head.length;
		left = before + (isSplit ? ' ' : '');
	}

	const rest = text.slice(from);
	const visible = cut(rest, room - left.length);
	if (visible.length === rest.length || !hasMarks) {
		return {from, to: from + visible.length, left, right: '', columns: left.length + widthOf(visible)};
	}

	const shorter = cut(rest, Math.max(0, room - left.length - 1));
	const columns = left.length + widthOf(shorter);
	return {from, to: from + shorter.length, left, right: ' '.repeat(Math.max(0, room - columns - 1)) + after, columns: room};
};

const edgesOf = (theme: Theme): readonly [string, string] => theme.borders.vertical === '|' ? ['<', '>'] : ['‹', '›'];

/** The rows of a line, each exactly `width` columns. */
export const rowsFor = (line: LogLine, options: RowOptions): readonly string[] => {
	const {width, state, names, now, theme} = options;
	const sheet = {state, width, sources: names.length, now};
	const {level, rows} = layOut(line, sheet);
	const room = textRoom(sheet);
	const time = clockText(Date.parse(line.timestamp), {isUtc: state.times === 'utc', now});
	const {hasTime, sourceWidth} = prefixOf(sheet);
	const name = fit(names[line.source] ?? '', sourceWidth, {ellipsis: theme.glyphs.ellipsis});
	const prefix = markOf(level, line, theme)
		+ (hasTime ? theme.paint('dim', time.padStart(clockWidth)) + ' ' : '')
		+ (sourceWidth > 0 ? theme.paintSource(line.source, name) + ' ' : '');
	const indent = ' '.repeat(Math.max(0, width - room));
	const highlight = highlightOf(options);
	const pad = (columns: number) => {
		const spaces = ' '.repeat(Math.max(0, room - columns));
		return highlight ? theme.paint(highlight, spaces) : spaces;
	};

	const pattern = state.search ?? state.filter;
	const edge = (text: string) => text === '' ? '' : theme.paint(highlight ?? 'accent', text);
	const ranges = new Map<ShownText, Ranges>();
	return rows.map(({shown, from, to}, index) => {
		const found = ranges.get(shown) ?? (pattern ? rangesOf(pattern, shown.text) : []);
		ranges.set(shown, found);
		const start = index === 0 ? prefix : indent;
		if (to !== undefined) {
			return start + paintPart({shown, from, to}, found, options) + pad(widthOf(shown.text.slice(from, to)));
		}

		const part = cutOut(shown.text, state.column, room, edgesOf(theme));
		const painted = paintPart({shown, from: part.from, to: part.to}, found, options);
		return start + edge(part.left) + painted + edge(part.right) + pad(part.columns);
	});
};
