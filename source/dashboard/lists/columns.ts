import {widthOf} from '../../text/width.js';

/** A column of a list. */
export type ColumnShape = {
	readonly key: string;
	readonly title: string;
	readonly align?: 'left' | 'right';
	/** Columns with lower numbers appear first as the terminal grows. */
	readonly need: number;
	/** A column appears with at least this width; default that of its title. */
	readonly least?: number;
	/** It grows with its content up to this before the next column appears; default `widest`. */
	readonly most?: number;
	/** Always this wide, so that changing values do not move other columns. */
	readonly fixed?: number;
};

/** A column that is shown, by its index among the columns, with its width. */
export type PlannedColumn = {readonly index: number; readonly width: number};

/** Spaces between two columns. */
export const gap = 2;
const widest = 44;

export const sumOf = (values: readonly number[]): number => {
	let sum = 0;
	for (const value of values) {
		sum += value;
	}

	return sum;
};

/** The arrow of the sorted column is behind its title. */
const titleWidth = ({title}: ColumnShape): number => title === '' ? 0 : widthOf(title) + 1;

/**
The columns that fit, in their order, with their widths. `contents` has the widest content of each column in the whole list, so that scrolling and filtering change nothing.

A column appears when those that are needed more have all the room they want, and then grows: no column disappears or shrinks as the room grows. When all are there, what is left of `spread`, by default the room, widens the cut ones.
*/
export const planColumns = (
	columns: readonly ColumnShape[],
	contents: readonly number[],
	room: number,
	spread = room,
): readonly PlannedColumn[] => {
	const widths = new Map<number, number>();
	let left = room;
	const byNeed = columns.map((column, index) => ({column, index})).toSorted((a, b) => a.column.need - b.column.need);
	for (const {column, index} of byNeed) {
		const {fixed, least = titleWidth(column), most = widest} = column;
		const wanted = fixed ?? Math.max(titleWidth(column), Math.min(most, contents[index] ?? 0));
		const smallest = fixed ?? Math.min(wanted, least);
		const isFirst = widths.size === 0;
		const free = left - (isFirst ? 0 : gap);
		if (free < smallest && !isFirst) {
			break;
		}

		const width = Math.max(1, Math.min(wanted, free));
		widths.set(index, width);
		left = free - width;
		if (width < wanted) {
			break;
		}
	}

	left = Math.max(0, left - (room - spread));
	for (const {column: {fixed}, index} of widths.size === columns.length ? byNeed : []) {
		const width = widths.get(index)!;
		const more = fixed === undefined ? Math.max(0, Math.min(left, (contents[index] ?? 0) - width)) : 0;
		widths.set(index, width + more);
		left -= more;
	}

	return [...widths].map(([index, width]) => ({index, width})).toSorted((a, b) => a.index - b.index);
};

/** The widest content of each column. */
export const contentWidths = (columns: readonly ColumnShape[], rows: ReadonlyArray<readonly string[]>): readonly number[] =>
	columns.map(({fixed}, index) => fixed ?? Math.max(0, ...rows.map(cells => widthOf(cells[index] ?? ''))));

/** Where a column's head is drawn: from its first column inside the border up to, not including, the gap after it. */
export type Head = {readonly key: string; readonly from: number; readonly to: number};

/** The heads of planned columns; the rows begin with a mark and a space. */
export const headsOf = (columns: readonly ColumnShape[], plan: readonly PlannedColumn[]): readonly Head[] => {
	let from = 2;
	return plan.map(({index, width}) => {
		const head = {key: columns[index]!.key, from, to: from + width};
		from += width + gap;
		return head;
	});
};

/** The width of all planned columns with their gaps. */
export const plannedWidth = (plan: readonly PlannedColumn[]): number => sumOf(plan.map(({width}) => width + gap)) - gap;
