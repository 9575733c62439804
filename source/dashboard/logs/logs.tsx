import {memo, useMemo, useSyncExternalStore} from 'react';
import {builderText, isBuilding, type BuilderView} from '../builder/builder-row.js';
import {useController, useTheme} from '../frame/context.js';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {count} from '../spoken/words.js';
import {clean, cut} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import type {LogTarget} from './follow.js';
import type {LogBuffer} from './log-buffer.js';
import type {LogIndex} from './log-index.js';
import {rowsFor, rowsOfLine} from './log-rows.js';
import {cursorIndexOf, isSelecting, rangeOf, sinceChoices, windowOf, type LogsState} from './logs-state.js';

export type LogsProps = Size & {
	readonly state: LogsState;
	/** What it runs is in the title of its log. */
	readonly builder?: BuilderView;
	readonly isFocused: boolean;
	readonly isStale: boolean;
};

type LogLinesOptions = Size & {
	readonly buffer: LogBuffer;
	readonly index: LogIndex;
	readonly state: LogsState;
	readonly names: readonly string[];
	readonly isFocused: boolean;
	readonly theme: Theme;
	/** Milliseconds since the epoch. */
	readonly now: number;
};

/** The lines inside the border. */
export const logLines = ({buffer, index, state, names, isFocused, width, height, theme, now}: LogLinesOptions): readonly string[] => {
	const {position} = state;
	const sheet = {state, width, sources: names.length, now};
	const rowsOf = (sequence: number) => rowsOfLine(buffer.get(sequence), sheet);
	const {top, above, bottom} = windowOf(position, {index, height, rowsOf});
	const cursor = position.type === 'paused' ? cursorIndexOf(position, {index}) : -1;
	const range = isSelecting(position) ? rangeOf(position, {index}) : undefined;
	const rows: string[] = [];
	for (let row = top; row <= bottom; row++) {
		const line = buffer.get(index.at(row)!);
		if (line) {
			const isSelected = range !== undefined && row >= range.from && row <= range.to;
			rows.push(...rowsFor(line, {width, state, names, isCursor: row === cursor, isSelected, isFocused, theme, now}));
		}
	}

	return rows.slice(above, above + height);
};

const titleOf = (names: readonly string[], isBoot: boolean, {filter, search}: LogsState, index: LogIndex): string => [
	`3 ${isBoot ? 'Boot log' : 'Logs'}${names.length === 0 ? '' : ` of ${names.length > 3 ? `${names.length} containers` : names.join(', ')}`}`,
	...(filter ? [`filter ${filter.isInverted ? '!' : ''}${filter.source}: ${count(index.count(), 'line')}`] : []),
	...(search ? [`search ${search.source}: ${count(index.matches().length, 'match', 'matches')}`] : []),
].map(text => clean(text)).join(' | ');

/** The number of selected lines. */
const rangeText = ({position}: LogsState, index: LogIndex): readonly string[] => {
	if (!isSelecting(position)) {
		return [];
	}

	const {from, to} = rangeOf(position, {index});
	return [`${count(to - from + 1, 'line')} selected`];
};

const noteOf = (state: LogsState, isBoot: boolean, buffer: LogBuffer, index: LogIndex): string => {
	const {position, since, isWrapped, column, form, times} = state;
	return [
		...rangeText(state, index),
		...(buffer.dropped() > 0 ? [`${buffer.dropped()} dropped`] : []),
		// Boot logs are always read from the start.
		...(since > 0 && !isBoot ? [`since ${sinceChoices[since]!.title}`] : []),
		...(form === 'raw' ? [] : [form]),
		...(times === 'utc' ? ['UTC'] : []),
		...(isWrapped ? ['wrap'] : []),
		...(column > 0 ? [`column ${column + 1}`] : []),
		position.type === 'following' ? 'following' : `paused, ${Math.max(0, buffer.next() - position.newFrom) + buffer.skipped()} new${buffer.skipped() > 0 ? `, ${buffer.skipped()} skipped` : ''}`,
	].join(', ');
};

/** Columns that the title of the builder's log leaves to the note. */
const noteRoom = 32;

/** What builds run, if the only log is the builder's. */
const runsText = (builder: BuilderView | undefined, [only, ...others]: readonly LogTarget[], room: number): string =>
	builder && others.length === 0 && only?.id === builder.status.id && isBuilding(builder.status) && room > 0
		? ` | ${cut(clean(builderText(builder)), room)}`
		: '';

/** The log of one container, or the merged logs of several. */
export const LogsPane = memo(({state, builder, isFocused, isStale, width, height}: LogsProps) => {
	const {logs, logIndex, now} = useController();
	const theme = useTheme();
	const version = useSyncExternalStore(logs.subscribe, logs.version, logs.version);
	const {lines, title, note} = useMemo(() => {
		const {buffer} = logs;
		const names = logs.targets().map(({name}) => clean(name));
		const isBoot = logs.targets().some(target => target.isBoot);
		logIndex.update(state);
		const size = {width: width - 2, height: height - 2};
		const inside = logIndex.count() === 0
			? emptyLines(names.length === 0 ? 'No container selected' : (state.filter ? 'No line matches the filter' : 'No lines yet'), size, theme)
			: logLines({buffer, index: logIndex, state, names, isFocused, ...size, theme, now: now()});
		return {lines: inside, title: titleOf(names, isBoot, state, logIndex), note: noteOf(state, isBoot, buffer, logIndex)};
		// The version changes with the buffer's content.
	}, [version, logs, logIndex, state, isFocused, width, height, theme, now]);
	const head = title + runsText(builder, logs.targets(), width - title.length - noteRoom);
	const frame = {title: head, note, width, height, isFocused, isStale};
	return <Panel {...frame}><Lines lines={lines} width={width - 2} height={height - 2}/></Panel>;
});
