import {logForms, type LogForm} from './forms.js';
import type {LogIndex} from './log-index.js';
import {windowAt, windowDown, windowUp, type LogWindow, type Screen} from './log-window.js';
import {parsePattern, type Pattern} from './pattern.js';

/** Following the end, or paused at a line. Numbers are sequences of lines. */
export type LogPosition =
	| {readonly type: 'following'}
	| {
		readonly type: 'paused';
		readonly cursor: number;
		/** Last line on the screen. */
		readonly bottom: number;
		/** Rows of it that are below the screen; default none. */
		readonly below?: number;
		/** First line that arrived since the pause. */
		readonly newFrom: number;
		/** The other end of the selected range; the cursor is one. */
		readonly anchor?: number;
	};

/** Times before the lines: none, in the terminal's time zone, in UTC. */
export type LogTimes = 'none' | 'local' | 'utc';

export type LogsState = {
	readonly position: LogPosition;
	readonly search?: Pattern;
	readonly filter?: Pattern;
	readonly form: LogForm;
	readonly isWrapped: boolean;
	readonly times: LogTimes;
	/** Columns scrolled out on the left. */
	readonly column: number;
	/** Index into `sinceChoices`. */
	readonly since: number;
};

/** How far back logs are read; without `milliseconds`, from the start. */
export const sinceChoices: ReadonlyArray<{readonly title: string; readonly milliseconds?: number}> = [
	{title: 'all'},
	{title: '1 min', milliseconds: 60_000},
	{title: '5 min', milliseconds: 5 * 60_000},
	{title: '15 min', milliseconds: 15 * 60_000},
	{title: '1 h', milliseconds: 60 * 60_000},
	{title: '24 h', milliseconds: 24 * 60 * 60_000},
];

type Simple = 'first' | 'follow' | 'togglePause' | 'lineStart' | 'lineEnd' | 'wrap' | 'form' | 'timestamps' | 'select' | 'undo' | 'nextMatch' | 'previousMatch' | 'toContext' | 'since' | 'reset';

export type LogsAction =
	/** By lines; inside a line of which a part is not on the screen, by rows. */
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'page'; readonly by: 1 | -1}
	/** Moves the screen by rows; the cursor moves only to stay on it. */
	| {readonly type: 'scroll'; readonly by: number}
	/** By half screens. */
	| {readonly type: 'scrollColumns'; readonly by: 1 | -1}
	| {readonly type: 'goTo'; readonly sequence: number}
	| {readonly type: Simple}
	| {readonly type: 'search'; readonly text: string}
	| {readonly type: 'filter'; readonly text: string};

/** Lines and screen, for the reducer. */
export type LogsContext = Screen & {
	/** Sequence of the next line. */
	readonly next: number;
	/** Columns for the text of a line. */
	readonly room: number;
	/** Columns that a line occupies, if it is not wrapped. */
	readonly widthOfLine: (sequence: number) => number;
};

export const initialLogs: LogsState = {position: {type: 'following'}, form: 'raw', isWrapped: false, times: 'none', column: 0, since: 0};

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** Index of the line under the cursor; while following, the last one. A line that the filter hides is represented by the next one that it shows. */
export const cursorIndexOf = (position: LogPosition, {index}: Pick<LogsContext, 'index'>): number =>
	position.type === 'paused' ? Math.min(index.count() - 1, index.indexOf(position.cursor)) : index.count() - 1;

/** The part of the log on the screen. The screen is full if there are enough lines, and the cursor is on it. */
export const windowOf = (position: LogPosition, screen: Screen): LogWindow => {
	const {index} = screen;
	if (position.type === 'following') {
		return windowUp(index.count() - 1, 0, screen);
	}

	const bottom = Math.min(index.count() - 1, index.indexOf(position.bottom));
	const below = index.at(bottom) === position.bottom ? position.below ?? 0 : 0;
	const window = windowUp(bottom, below, screen);
	const cursor = cursorIndexOf(position, screen);
	return cursor < window.top || cursor > window.bottom ? windowAt(cursor, window, screen) : window;
};

/** Whether a range is selected. */
export const isSelecting = (position: LogPosition): position is Extract<LogPosition, {type: 'paused'}> & {readonly anchor: number} =>
	position.type === 'paused' && position.anchor !== undefined;

/** Indices of the lines that are copied: the selected range, or the line of the cursor. */
export const rangeOf = (position: LogPosition, context: Pick<LogsContext, 'index'>): {readonly from: number; readonly to: number} => {
	const {index} = context;
	const cursor = cursorIndexOf(position, context);
	if (!isSelecting(position)) {
		return {from: cursor, to: cursor};
	}

	const anchor = Math.min(index.count() - 1, index.indexOf(position.anchor));
	return {from: Math.min(cursor, anchor), to: Math.max(cursor, anchor)};
};

/** Pauses with the cursor on a line and this part of the log on the screen. */
const pausedWith = (cursor: number, {bottom, below}: LogWindow, state: LogsState, {index, next}: LogsContext): LogsState => {
	const {position} = state;
	return {
		...state,
		position: {
			type: 'paused',
			cursor: index.at(cursor)!,
			bottom: index.at(bottom)!,
			...(below > 0 && {below}),
			newFrom: position.type === 'paused' ? position.newFrom : next,
			...(isSelecting(position) && {anchor: position.anchor}),
		},
	};
};

/** Pauses with the cursor on a line and moves the screen as little as possible. */
const pausedAt = (cursorIndex: number, state: LogsState, context: LogsContext): LogsState => {
	const count = context.index.count();
	if (count === 0) {
		return state;
	}

	const cursor = clamp(cursorIndex, 0, count - 1);
	return pausedWith(cursor, windowAt(cursor, windowOf(state.position, context), context), state, context);
};

type Place = {readonly cursor: number; readonly window: LogWindow};

/** Moves by at most so many rows in a direction: inside a line of which a part is not on the screen, else to the next line. Returns the rows that it took. */
const step = ({cursor, window}: Place, by: 1 | -1, rows: number, context: LogsContext): Place & {readonly taken: number} => {
	const hidden = by === 1 ? (cursor === window.bottom ? window.below : 0) : (cursor === window.top ? window.above : 0);
	if (hidden > 0) {
		const taken = Math.min(hidden, rows);
		return {cursor, window: by === 1 ? windowUp(cursor, hidden - taken, context) : windowDown(cursor, hidden - taken, context), taken};
	}

	const next = cursor + by;
	if (next < 0 || next >= context.index.count()) {
		return {cursor, window, taken: Infinity};
	}

	return {
		cursor: next,
		window: windowAt(next, window, context, by === 1 ? 'start' : 'end'),
		taken: Math.min(context.height, context.rowsOf(context.index.at(next)!)),
	};
};

const moved = (by: number, state: LogsState, context: LogsContext): LogsState => {
	if (context.index.count() === 0) {
		return state;
	}

	let place: Place = {cursor: cursorIndexOf(state.position, context), window: windowOf(state.position, context)};
	for (let count = 0; count < Math.abs(by); count++) {
		place = step(place, by > 0 ? 1 : -1, 1, context);
	}

	return pausedWith(place.cursor, place.window, state, context);
};

const pageMoved = (by: 1 | -1, state: LogsState, context: LogsContext): LogsState => {
	if (context.index.count() === 0) {
		return state;
	}

	let place: Place = {cursor: cursorIndexOf(state.position, context), window: windowOf(state.position, context)};
	for (let left = Math.max(1, context.height - 1); left > 0;) {
		const next = step(place, by, left, context);
		left -= next.taken;
		place = next;
	}

	return pausedWith(place.cursor, place.window, state, context);
};

/** The screen a row further; undefined at the end of the log. */
const rowFurther = ({top, above, bottom, below}: LogWindow, by: 1 | -1, context: LogsContext): LogWindow | undefined => {
	const {index, rowsOf} = context;
	if (by === 1) {
		if (below > 0) {
			return windowUp(bottom, below - 1, context);
		}

		return bottom < index.count() - 1 ? windowUp(bottom + 1, rowsOf(index.at(bottom + 1)!) - 1, context) : undefined;
	}

	if (above > 0) {
		return windowDown(top, above - 1, context);
	}

	return top > 0 ? windowDown(top - 1, rowsOf(index.at(top - 1)!) - 1, context) : undefined;
};

/** Scrolls as a wheel does; resumes following at the end. */
const scrolled = (by: number, state: LogsState, context: LogsContext): LogsState => {
	const {position} = state;
	const before = windowOf(position, context);
	let window = before;
	for (let row = 0; row < Math.abs(by); row++) {
		window = rowFurther(window, by > 0 ? 1 : -1, context) ?? window;
	}

	if (by > 0 && !isSelecting(position) && !rowFurther(window, 1, context)) {
		return position.type === 'following' ? state : {...state, position: {type: 'following'}};
	}

	if (window === before) {
		return state;
	}

	const {top, above, bottom, below} = window;
	const isCut = top < bottom;
	const cursor = clamp(cursorIndexOf(position, context), top + Number(isCut && above > 0), bottom);
	return pausedWith(isCut && below > 0 ? Math.max(top, Math.min(cursor, bottom - 1)) : cursor, window, state, context);
};

/** Scrolls to the side, at most until the end of the longest line on the screen. */
const scrolledColumns = (by: 1 | -1, state: LogsState, context: LogsContext): LogsState => {
	const {index, room, widthOfLine} = context;
	const half = Math.max(1, Math.floor(room / 2));
	if (state.isWrapped) {
		return state;
	}

	if (by === -1) {
		return {...state, column: Math.max(0, state.column - half)};
	}

	const {top, bottom} = windowOf(state.position, context);
	let widest = 0;
	for (let row = top; row <= bottom; row++) {
		widest = Math.max(widest, widthOfLine(index.at(row)!));
	}

	return {...state, column: Math.max(state.column, Math.min(state.column + half, widest - room))};
};

/** To the start or end of the line under the cursor. */
const atSide = (side: 'start' | 'end', state: LogsState, context: LogsContext): LogsState => {
	const {index, room, widthOfLine} = context;
	const cursor = cursorIndexOf(state.position, context);
	if (index.count() === 0) {
		return state;
	}

	if (!state.isWrapped) {
		return {...state, column: side === 'start' ? 0 : Math.max(0, widthOfLine(index.at(cursor)!) - room)};
	}

	const window = windowOf(state.position, context);
	const isHidden = side === 'start' ? cursor === window.top && window.above > 0 : cursor === window.bottom && window.below > 0;
	return isHidden ? pausedWith(cursor, side === 'start' ? windowDown(cursor, 0, context) : windowUp(cursor, 0, context), state, context) : state;
};

const toMatch = (state: LogsState, context: LogsContext, direction: 1 | -1): LogsState => {
	const matches = context.index.matches();
	if (matches.length === 0) {
		return state;
	}

	const cursor = state.position.type === 'paused' ? state.position.cursor : Infinity;
	// The search wraps around.
	const found = direction === 1
		? matches.find(sequence => sequence > cursor) ?? matches[0]!
		: matches.findLast(sequence => sequence < cursor) ?? matches.at(-1)!;
	return pausedAt(context.index.indexOf(found), state, context);
};

/** Without the filter; if paused, the line of the cursor stays under it, in the middle of the screen. */
const unfiltered = (state: LogsState, context: LogsContext): LogsState => {
	const {position} = state;
	if (position.type === 'following' || context.index.count() === 0) {
		return {...state, filter: undefined};
	}

	const {below, ...kept} = position;
	const cursor = context.index.at(cursorIndexOf(position, context))!;
	const bottom = Math.min(context.next - 1, cursor + Math.floor(context.height / 2));
	return {...state, filter: undefined, position: {...kept, cursor, bottom}};
};

/** Pauses without the filter, the line of the cursor in the middle of the screen. */
const inContext = (state: LogsState, context: LogsContext): LogsState =>
	state.filter ? unfiltered(pausedAt(cursorIndexOf(state.position, context), state, context), context) : state;

const withoutRange = (state: LogsState): LogsState => {
	if (state.position.type === 'following') {
		return state;
	}

	const {anchor, ...position} = state.position;
	return anchor === undefined ? state : {...state, position};
};

/** Whether `undo` has an effect. */
export const canUndo = ({position, search, filter}: LogsState): boolean =>
	search !== undefined || filter !== undefined || isSelecting(position);

/** Undoes one thing: the selected range, the search, the filter. */
const undone = (state: LogsState, context: LogsContext): LogsState => {
	const free = withoutRange(state);
	return free === state ? (state.search ? {...state, search: undefined} : unfiltered(state, context)) : free;
};

const selected = (state: LogsState, context: LogsContext): LogsState => {
	const free = withoutRange(state);
	if (free !== state) {
		return free;
	}

	const paused = pausedAt(cursorIndexOf(state.position, context), state, context);
	return paused.position.type === 'paused' ? {...paused, position: {...paused.position, anchor: paused.position.cursor}} : paused;
};

const nextTimes: Readonly<Record<LogTimes, LogTimes>> = {none: 'local', local: 'utc', utc: 'none'};

const following: LogPosition = {type: 'following'};

const simple: Readonly<Record<Simple, (state: LogsState, context: LogsContext) => LogsState>> = {
	first: (state, context) => pausedAt(0, state, context),
	follow: state => state.position.type === 'following' ? state : {...state, position: following},
	togglePause: (state, context) => state.position.type === 'following' ? pausedAt(context.index.count() - 1, state, context) : {...state, position: following},
	lineStart: (state, context) => atSide('start', state, context),
	lineEnd: (state, context) => atSide('end', state, context),
	wrap: state => ({...state, isWrapped: !state.isWrapped, column: 0}),
	form: state => ({...state, form: logForms[(logForms.indexOf(state.form) + 1) % logForms.length]!, column: 0}),
	timestamps: state => ({...state, times: nextTimes[state.times]}),
	select: selected,
	undo: undone,
	nextMatch: (state, context) => toMatch(state, context, 1),
	previousMatch: (state, context) => toMatch(state, context, -1),
	toContext: inContext,
	since: state => ({...state, since: (state.since + 1) % sinceChoices.length, position: following}),
	reset: state => ({...state, position: following, column: 0}),
};

const isSimple = (action: LogsAction): action is {readonly type: Simple} => Object.hasOwn(simple, action.type);

export const reduceLogs = (state: LogsState, action: LogsAction, context: LogsContext): LogsState => {
	if (isSimple(action)) {
		return simple[action.type](state, context);
	}

	switch (action.type) {
		case 'move': {
			return moved(action.by, state, context);
		}

		case 'page': {
			return pageMoved(action.by, state, context);
		}

		case 'scroll': {
			return scrolled(action.by, state, context);
		}

		case 'goTo': {
			return pausedAt(context.index.indexOf(action.sequence), state, context);
		}

		case 'scrollColumns': {
			return scrolledColumns(action.by, state, context);
		}

		case 'search': {
			return {...state, search: parsePattern(action.text)};
		}

		case 'filter': {
			return {...state, filter: parsePattern(action.text, {mayInvert: true})};
		}
	}
};
