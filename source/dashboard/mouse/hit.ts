import {bodyRows, headerRows, layoutOf, type PaneName} from '../frame/layout.js';
import {type ListName, type UiState, isTextView} from '../state/ui-state.js';

/** What is under the pointer: a list with the visible row, counted from 0 below the heads, and the column inside the border, or a pane that only scrolls. */
export type Hit =
	| {readonly type: 'list'; readonly list: ListName; readonly row: number; readonly column: number; readonly pane?: PaneName}
	| {readonly type: 'logs' | 'textView'}
	| {readonly type: 'inspect'; readonly row: number};

type Point = {readonly column: number; readonly row: number};

type ScreenSize = {readonly columns: number; readonly rows: number};

/** A point of a pane, counted from its upper left corner. */
type PanePoint = {readonly name: PaneName; readonly row: number; readonly column: number};

// Above the rows of a list are a border and the headings.
const aboveRows = 2;

const paneAt = ({column, row}: Point, {columns, rows}: ScreenSize, {focus, isZoomed}: UiState): PanePoint | undefined => {
	let top = headerRows(rows);
	for (const line of layoutOf({width: columns, height: bodyRows(rows)}, focus, isZoomed).rows) {
		const height = line[0]?.height ?? 0;
		let left = 0;
		for (const {name, width} of line) {
			if (row >= top && row < top + height && column >= left && column < left + width) {
				return {name, row: row - top, column: column - left};
			}

			left += width;
		}

		top += height;
	}

	return undefined;
};

/** The target at a point of the screen; undefined for the header, the footer and while a dialog is open. */
export const hitOf = (point: Point, size: ScreenSize, ui: UiState): Hit | undefined => {
	const {view, dialog} = ui;
	const header = headerRows(size.rows);
	if (dialog || point.row < header || point.row >= size.rows - 1) {
		return undefined;
	}

	if (view === 'main') {
		const pane = paneAt(point, size, ui);
		if (!pane) {
			return undefined;
		}

		const {name, row, column} = pane;
		return name === 'logs' ? {type: 'logs'} : {type: 'list', list: name, row: row - aboveRows, column: column - 1, pane: name};
	}

	if (isTextView(view)) {
		return {type: 'textView'};
	}

	const row = point.row - header;
	if (view === 'activity') {
		return undefined;
	}

	return view === 'inspect' ? {type: 'inspect', row: row - 1} : {type: 'list', list: view, row: row - aboveRows, column: point.column - 1};
};
