import {clean} from '../../text/fit.js';
import type {ListState} from '../state/list-state.js';

/** The number of items of a list and its filter: `2 of 11, filter: web`. */
export const countText = ({filter}: Pick<ListState, 'filter'>, shown: number, total: number): string =>
	filter === '' ? String(total) : `${shown} of ${total}, filter: ${clean(filter)}`;

/** Ids of the marked items in a list, and of those that its filter hides. */
export type Marks = {readonly shown: readonly string[]; readonly hidden: readonly string[]};

/** The number of marks of a list. */
export const marksText = ({shown, hidden}: Marks): string =>
	shown.length + hidden.length === 0 ? '' : `${shown.length + hidden.length} marked${hidden.length === 0 ? '' : `, ${hidden.length} hidden`}`;

/** The right end of a list's border: the marks, and the way back from a filter. */
export const noteText = (marks: Marks, {filter}: Pick<ListState, 'filter'>, isFocused: boolean): string =>
	[marksText(marks), isFocused && filter !== '' ? 'Esc shows all' : ''].filter(Boolean).join(', ');
