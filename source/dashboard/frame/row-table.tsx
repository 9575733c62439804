import {useLayoutEffect, useMemo} from 'react';
import {cut, fit} from '../../text/fit.js';
import {contentWidths, gap, headsOf, planColumns, plannedWidth, type ColumnShape, type PlannedColumn} from '../lists/columns.js';
import {matchText, type Found} from '../lists/query.js';
import {sortColumns} from '../lists/sorts.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import type {ListName} from '../state/ui-state.js';
import {useController, useTheme} from './context.js';
import {emptyLines, Lines, type Size} from './lines.js';
import type {Role, Theme} from './theme.js';
import {useWindow} from './use-window.js';

export type TableColumn = {
	readonly title: string;
	/** Name for sorting and for the mouse; default the title in lower case. */
	readonly key?: string;
	readonly align?: 'left' | 'right';
	/** Columns with lower numbers appear first; default its position. */
	readonly need?: number;
	/** Grows with its content up to this before the next column appears. */
	readonly most?: number;
};

export type TableRow = {
	readonly id: string;
	/** Escaped text. */
	readonly cells: readonly string[];
	readonly role?: Role;
};

/** The columns of a table for `planColumns`. */
export const shapesOf = (columns: readonly TableColumn[]): readonly ColumnShape[] =>
	columns.map(({title, key = title.toLowerCase(), align, need, most}, index) => ({key, title, align, need: need ?? index, most, least: title === '' ? 1 : undefined}));

const matchShape: ColumnShape = {key: 'match', title: 'MATCH', need: 0.5, most: 30};

/** Heads of columns in a row: the sorted one with its direction, and while a sort key is awaited the letters. */
export const headTexts = (
	name: ListName,
	shapes: readonly ColumnShape[],
	plan: readonly PlannedColumn[],
	{sort, isDescending, isAwaited, glyphs: {up, down}}: Pick<ListState, 'sort' | 'isDescending'> & Pick<Theme, 'glyphs'> & {readonly isAwaited: boolean},
): readonly string[] => plan.map(({index, width}) => {
	const {key, title, align} = shapes[index]!;
	const letter = isAwaited ? sortColumns[name].find(column => column.key === key)?.letter : undefined;
	const arrow = key === sort ? (isDescending ? down : up) : '';
	const text = letter === undefined ? title + arrow : `${letter} ${title}`;
	return fit(cut(text, width), width, {align});
});

export type RowLook = {
	readonly isSelected: boolean;
	readonly isMarked: boolean;
	readonly isFocused: boolean;
	readonly isStale: boolean;
};

/** The role of a whole row; undefined if its cells have theirs. */
export const rowRole = ({isSelected, isMarked, isFocused, isStale}: RowLook): Role | undefined => {
	if (isSelected) {
		return isFocused && !isStale ? 'selected' : 'selectedElsewhere';
	}

	return isStale ? 'dim' : (isMarked ? 'marked' : undefined);
};

export const separator = ' '.repeat(gap);

type RowTableProps = Size & {
	readonly name: ListName;
	readonly columns: readonly TableColumn[];
	readonly rows: readonly TableRow[];
	/** The rows without the filter, from which the widths follow; default `rows`. */
	readonly all?: readonly TableRow[];
	readonly state: ListState;
	/** What the filter found, by row. */
	readonly found?: ReadonlyMap<string, readonly Found[]>;
	readonly isFocused: boolean;
	readonly isStale?: boolean;
	/** A key for sorting is awaited: the heads show their letters. */
	readonly isAwaited?: boolean;
	readonly empty: string;
};

/** The columns of a table and the texts of what a filter found outside them. */
type TableSource = Pick<RowTableProps, 'columns' | 'rows' | 'all' | 'found' | 'width'>;

const planTable = ({columns, rows, all = rows, found, width}: TableSource, sort: string | undefined) => {
	const own = shapesOf(columns).map(shape => shape.key === sort ? {...shape, need: Math.min(shape.need, 0.4)} : shape);
	const widths = contentWidths(own, all.map(({cells}) => cells));
	const planned = (matchWidth: number) => matchWidth === 0
		? planColumns(own, widths, width - 3)
		: planColumns([...own, matchShape], [...widths, matchWidth], width - 3);
	const shownIn = ({cells}: TableRow, plan: readonly PlannedColumn[]) => plan.map(({index, width: room}) => cut(cells[index] ?? '', room));
	const matchesIn = (plan: readonly PlannedColumn[]) => rows.map(row => matchText(found?.get(row.id) ?? [], shownIn(row, plan)));
	const plain = planned(0);
	if (!found || found.size === 0 || matchesIn(plain).every(text => text === '')) {
		return {shapes: own, plan: plain, matches: []};
	}

	const plan = planned(matchShape.most!);
	return {shapes: [...own, matchShape], plan, matches: matchesIn(plan)};
};

/** A table that renders only its visible rows. */
export const RowTable = (props: RowTableProps) => {
	const {name, columns, rows, all, state, found, isFocused, isStale = false, isAwaited = false, empty, width, height} = props;
	const theme = useTheme();
	const {heads} = useController();
	const visible = Math.max(1, height - 1);
	const cursor = cursorOf(state, rows.map(({id}) => id));
	const start = useWindow(name, cursor, visible, rows.length);
	const {sort} = state;
	const {shapes, plan, matches} = useMemo(
		() => planTable({columns, rows, all, found, width}, sort),
		[columns, rows, all, sort, found, width],
	);
	useLayoutEffect(() => {
		heads.set(name, headsOf(shapes, plan));
	}, [heads, name, shapes, plan]);
	if (rows.length === 0) {
		return <Lines lines={emptyLines(empty, {width, height}, theme)} width={width} height={height}/>;
	}

	const {glyphs} = theme;
	const missing = ' '.repeat(Math.max(0, width - 2 - plannedWidth(plan)));
	const cellText = (cells: readonly string[], {index, width: room}: PlannedColumn) =>
		fit(cells[index] ?? '', room, {align: shapes[index]!.align, ellipsis: glyphs.ellipsis});
	const texts = (cells: readonly string[]) => plan.map(column => cellText(cells, column)).join(separator);
	const lines = [
		theme.paint('heading', `  ${headTexts(name, shapes, plan, {...state, isAwaited, glyphs}).join(separator)}${missing}`),
		...rows.slice(start, start + visible).map(({id, cells, role = 'text'}, index) => {
			const row = start + index;
			const isMarked = state.marks.has(id);
			const whole = rowRole({isSelected: row === cursor, isMarked, isFocused, isStale});
			return theme.paint(whole ?? role, `${isMarked ? glyphs.mark : ' '} ${texts([...cells, matches[row] ?? ''])}${missing}`);
		}),
	];
	return <Lines lines={lines} width={width} height={height}/>;
};
