import {Text} from 'ink';
import {Table, type CellProps} from 'ink-table';
import {widthOf} from '../../text/width.js';
import {fit} from '../../text/fit.js';
import type {ListName} from '../state/ui-state.js';
import {useTheme} from './context.js';
import {emptyLines, Lines, type Size} from './lines.js';
import type {Role} from './theme.js';
import {useWindow} from './use-window.js';

export type TableColumn = {
	readonly title: string;
	readonly align?: 'left' | 'right';
	/** Shrinks if the table is too wide; other columns keep their width. */
	readonly isFlexible?: boolean;
};

export type TableRow = {
	readonly id: string;
	/** Escaped text. */
	readonly cells: readonly string[];
	readonly role?: Role;
	readonly isMarked?: boolean;
};

// `Table` passes only a padded string to a cell, so the string itself holds the role and an end mark.
const roles: readonly Role[] = ['text', 'dim', 'good', 'warning', 'bad', 'marked', 'selected', 'selectedElsewhere', 'heading', 'accent'];
const firstMark = 0xE0_00;
const end = '\u{F8FF}';

const encode = (text: string, role: Role): string => String.fromCodePoint(firstMark + roles.indexOf(role)) + text + end;

const Cell = ({children}: CellProps) => {
	const {paint} = useTheme();
	const text = (children as string).trimStart();
	const role = roles[(text.codePointAt(0) ?? firstMark) - firstMark] ?? 'text';
	return <Text>{paint(role, `${text.slice(1, text.indexOf(end))} `)}</Text>;
};

const Nothing = () => null as unknown as React.JSX.Element;

/** Widths of the columns: the fixed ones fit their content, the flexible ones divide the rest of the room. */
export const widthsOf = (columns: readonly TableColumn[], rows: readonly TableRow[], room: number): readonly number[] => {
	const wanted = columns.map(({title}, index) => Math.max(widthOf(title), ...rows.map(({cells}) => widthOf(cells[index] ?? ''))));
	const fixed = wanted.reduce((sum, width, index) => sum + (columns[index]!.isFlexible ? 0 : width), columns.length);
	let left = Math.max(0, room - fixed);
	let flexible = columns.filter(({isFlexible}) => isFlexible).length;
	return wanted.map((width, index) => {
		if (!columns[index]!.isFlexible) {
			return Math.min(width, room);
		}

		const allotted = flexible === 1 ? left : Math.min(width + 1, Math.floor(left / flexible));
		left -= allotted;
		flexible--;
		return Math.max(1, allotted);
	});
};

type RowTableProps = Size & {
	readonly name: ListName;
	readonly columns: readonly TableColumn[];
	readonly rows: readonly TableRow[];
	/** Row of the cursor; -1 if there is none. */
	readonly cursor: number;
	readonly isFocused: boolean;
	readonly isStale?: boolean;
	readonly empty: string;
};

/** A table that renders only its visible rows. */
export const RowTable = ({name, columns, rows, cursor, isFocused, isStale, empty, width, height}: RowTableProps) => {
	const theme = useTheme();
	const visible = Math.max(1, height - 1);
	const start = useWindow(name, cursor, visible, rows.length);
	if (rows.length === 0) {
		return <Lines lines={emptyLines(empty, {width, height}, theme)} width={width} height={height}/>;
	}

	const rowsInView = rows.slice(start, start + visible);
	const widths = widthsOf(columns, rows, width - 2);
	const texts = (cells: readonly string[], mark: string, role: Role) => Object.fromEntries([
		['mark', encode(mark, role)],
		...columns.map(({align}, index) => [String(index), encode(fit(cells[index] ?? '', widths[index]!, {align, ellipsis: theme.glyphs.ellipsis}), role)]),
	]) as Record<string, string>;
	const roleOf = ({role = 'text', isMarked}: TableRow, row: number): Role => {
		if (row === cursor) {
			return isFocused && !isStale ? 'selected' : 'selectedElsewhere';
		}

		return isStale ? 'dim' : (isMarked ? 'marked' : role);
	};

	// The heading is a data row, since `Table` would print the column keys.
	const data = [
		texts(columns.map(({title}) => title), ' ', 'heading'),
		...rowsInView.map((row, index) => texts(row.cells, row.isMarked ? theme.glyphs.mark : ' ', roleOf(row, start + index))),
	];
	return <Table data={data} columns={['mark', ...columns.map((_, index) => String(index))]} cell={Cell} header={Nothing} skeleton={Nothing}/>;
};
