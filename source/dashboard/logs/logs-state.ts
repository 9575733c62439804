import type {LogIndex} from './log-index.js';
import {parsePattern, type Pattern} from './pattern.js';

/** Following the end, or paused at a line. Numbers are sequences of lines. */
export type LogPosition =
	| {readonly type: 'following'}
	| {
		readonly type: 'paused';
		readonly cursor: number;
		/** Last line on the screen. */
		readonly bottom: number;
		/** First line that arrived since the pause. */
		readonly newFrom: number;
	};

export type LogsState = {
	readonly position: LogPosition;
	readonly search?: Pattern;
	readonly filter?: Pattern;
	readonly isWrapped: boolean;
	readonly hasTimestamps: boolean;
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

export type LogsAction =
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'page'; readonly by: number}
	/** Moves the screen; the cursor moves only to stay on it. */
	| {readonly type: 'scroll'; readonly by: number}
	| {readonly type: 'scrollColumns'; readonly by: number}
	| {readonly type: 'first' | 'follow' | 'togglePause' | 'wrap' | 'timestamps' | 'nextMatch' | 'previousMatch' | 'toContext' | 'since' | 'reset'}
	| {readonly type: 'search'; readonly text: string}
	| {readonly type: 'filter'; readonly text: string};

/** Lines and screen, for the reducer. */
export type LogsContext = {
	readonly index: LogIndex;
	/** Sequence of the next line. */
	readonly next: number;
	/** Rows of the pane. */
	readonly height: number;
	/** Rows that a line occupies. */
	readonly rowsOf: (sequence: number) => number;
};

export const initialLogs: LogsState = {position: {type: 'following'}, isWrapped: false, hasTimestamps: false, column: 0, since: 0};

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** Index of the first line that fits on the screen with this bottom line. */
export const topIndexOf = (bottomIndex: number, {index, height, rowsOf}: Pick<LogsContext, 'index' | 'height' | 'rowsOf'>): number => {
	let rows = 0;
	let top = bottomIndex + 1;
	while (top > 0) {
		rows += rowsOf(index.at(top - 1)!);
		if (rows > height && top <= bottomIndex) {
			break;
		}

		top--;
	}

	return top;
};

const bottomIndexFrom = (topIndex: number, {index, height, rowsOf}: Pick<LogsContext, 'index' | 'height' | 'rowsOf'>): number => {
	let rows = 0;
	let bottom = topIndex - 1;
	while (bottom + 1 < index.count()) {
		rows += rowsOf(index.at(bottom + 1)!);
		if (rows > height && bottom >= topIndex) {
			break;
		}

		bottom++;
	}

	return bottom;
};

/** Indices of the first and last line on the screen. The screen is full if there are enough lines. */
export const windowOf = (position: LogPosition, context: Pick<LogsContext, 'index' | 'height' | 'rowsOf'>): {readonly top: number; readonly bottom: number} => {
	const {index} = context;
	const last = index.count() - 1;
	const wanted = position.type === 'following' ? last : Math.min(last, index.indexOf(position.bottom));
	const top = topIndexOf(wanted, context);
	return {top, bottom: top === 0 ? bottomIndexFrom(0, context) : wanted};
};

/** Pauses with the cursor on a line and moves the screen as little as possible. */
const pausedAt = (cursorIndex: number, state: LogsState, context: LogsContext): LogsState => {
	const {index, next} = context;
	const count = index.count();
	if (count === 0) {
		return state;
	}

	const cursor = clamp(cursorIndex, 0, count - 1);
	const {top, bottom: before} = windowOf(state.position, context);
	const bottom = cursor > before ? cursor : (cursor < top ? bottomIndexFrom(cursor, context) : before);
	return {
		...state,
		position: {
			type: 'paused',
			cursor: index.at(cursor)!,
			bottom: index.at(bottom)!,
			newFrom: state.position.type === 'paused' ? state.position.newFrom : next,
		},
	};
};

const cursorIndexOf = ({position}: LogsState, {index}: LogsContext): number =>
	position.type === 'paused' ? Math.min(index.count() - 1, index.indexOf(position.cursor)) : index.count() - 1;

/** Scrolls as a wheel does; resumes following at the end. */
const scrolled = (by: number, state: LogsState, context: LogsContext): LogsState => {
	const {index, next} = context;
	const {position} = state;
	const {top, bottom} = windowOf(position, context);
	const last = index.count() - 1;
	if (by > 0 && bottom + by >= last) {
		return position.type === 'following' ? state : {...state, position: {type: 'following'}};
	}

	const newTop = Math.max(0, top + by);
	if (newTop === top) {
		return state;
	}

	const newBottom = bottomIndexFrom(newTop, context);
	return {
		...state,
		position: {
			type: 'paused',
			cursor: index.at(clamp(cursorIndexOf(state, context), newTop, newBottom))!,
			bottom: index.at(newBottom)!,
			newFrom: position.type === 'paused' ? position.newFrom : next,
		},
	};
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

/** Pauses without the filter, the line of the cursor in the middle of the screen. */
const inContext = (state: LogsState, context: LogsContext): LogsState => {
	if (!state.filter) {
		return state;
	}

	const paused = state.position.type === 'paused' ? state : pausedAt(context.index.count() - 1, state, context);
	const {position} = paused;
	if (position.type === 'following') {
		return {...paused, filter: undefined};
	}

	const bottom = Math.min(context.next - 1, position.cursor + Math.floor(context.height / 2));
	return {...paused, filter: undefined, position: {...position, bottom}};
};

export const reduceLogs = (state: LogsState, action: LogsAction, context: LogsContext): LogsState => {
	switch (action.type) {
		case 'move': {
			return pausedAt(cursorIndexOf(state, context) + action.by, state, context);
		}

		case 'page': {
			return pausedAt(cursorIndexOf(state, context) + action.by * Math.max(1, context.height - 1), state, context);
		}

		case 'scroll': {
			return scrolled(action.by, state, context);
		}

		case 'first': {
			return pausedAt(0, state, context);
		}

		case 'follow': {
			return state.position.type === 'following' ? state : {...state, position: {type: 'following'}};
		}

		case 'togglePause': {
			return state.position.type === 'following' ? pausedAt(context.index.count() - 1, state, context) : {...state, position: {type: 'following'}};
		}

		case 'scrollColumns': {
			return state.isWrapped ? state : {...state, column: Math.max(0, state.column + action.by)};
		}

		case 'wrap': {
			return {...state, isWrapped: !state.isWrapped, column: 0};
		}

		case 'timestamps': {
			return {...state, hasTimestamps: !state.hasTimestamps};
		}

		case 'search': {
			return {...state, search: parsePattern(action.text)};
		}

		case 'filter': {
			return {...state, filter: parsePattern(action.text, {mayInvert: true})};
		}

		case 'nextMatch': {
			return toMatch(state, context, 1);
		}

		case 'previousMatch': {
			return toMatch(state, context, -1);
		}

		case 'toContext': {
			return inContext(state, context);
		}

		case 'since': {
			return {...state, since: (state.since + 1) % sinceChoices.length, position: {type: 'following'}};
		}

		case 'reset': {
			return {...state, position: {type: 'following'}, column: 0};
		}
	}
};
