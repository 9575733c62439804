/** A column that a list can be sorted by. */
export type SortColumn = {
	readonly key: string;
	/** Typed after `S`. */
	readonly letter: string;
	/** Its name in the help. */
	readonly title: string;
	/** Starts with the largest value. */
	readonly isLargestFirst?: true;
};

/** Cursor, marks, filter and order of a list. The cursor follows its item, not the row. */
export type ListState = {
	readonly selectedId?: string;
	/** Row of the cursor, in case its item disappears. */
	readonly index: number;
	readonly marks: ReadonlySet<string>;
	/** Lower case; only items that match are visible: see `parseQuery`. */
	readonly filter: string;
	/** Name of the column; default the engine's order. */
	readonly sort?: string;
	readonly isDescending: boolean;
};

export type ListAction =
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'first' | 'last' | 'mark' | 'markAll' | 'unmarkAll'}
	| {readonly type: 'select'; readonly id: string}
	| {readonly type: 'filter'; readonly text: string}
	/** The next of these columns, in both directions, and then the engine's order. */
	| {readonly type: 'sort'; readonly columns: readonly SortColumn[]}
	/** This column, or the other direction if it is that one already; without a column the engine's order. */
	| {readonly type: 'sortBy'; readonly column?: SortColumn};

export const emptyList: ListState = {index: 0, marks: new Set(), filter: '', isDescending: false};

const clamp = (value: number, length: number): number => Math.max(0, Math.min(length - 1, value));

/** Row of the cursor; -1 in an empty list. `ids` are those of the visible items. */
export const cursorOf = ({selectedId, index}: ListState, ids: readonly string[]): number => {
	const found = selectedId === undefined ? -1 : ids.indexOf(selectedId);
	return found === -1 ? (ids.length === 0 ? -1 : clamp(index, ids.length)) : found;
};

/** Id of the item under the cursor. */
export const selectedOf = (state: ListState, ids: readonly string[]): string | undefined => ids[cursorOf(state, ids)];

const moveTo = (state: ListState, ids: readonly string[], row: number): ListState => {
	const index = clamp(row, ids.length);
	return ids.length === 0 || (ids[index] === state.selectedId && index === state.index) ? state : {...state, index, selectedId: ids[index]};
};

/** Marks all of these, or unmarks them if all are marked. */
const toggled = (marks: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> => {
	const next = new Set(marks);
	const areMarked = ids.every(id => marks.has(id));
	for (const id of ids) {
		if (areMarked) {
			next.delete(id);
		} else {
			next.add(id);
		}
	}

	return next;
};

const firstDirection = (column: SortColumn | undefined): Pick<ListState, 'sort' | 'isDescending'> =>
	({sort: column?.key, isDescending: column?.isLargestFirst ?? false});

const nextSort = (state: ListState, columns: readonly SortColumn[]): ListState => {
	const index = columns.findIndex(({key}) => key === state.sort);
	const first = firstDirection(columns[index]);
	if (index !== -1 && state.isDescending === first.isDescending) {
		return {...state, isDescending: !first.isDescending};
	}

	return {...state, ...firstDirection(columns[index + 1])};
};

/** `ids` are those of the visible rows, in order; `members` are the items that a mark on a row marks. */
export const reduceList = (
	state: ListState,
	action: ListAction,
	ids: readonly string[],
	members: (id: string) => readonly string[] = id => [id],
): ListState => {
	switch (action.type) {
		case 'move': {
			return moveTo(state, ids, cursorOf(state, ids) + action.by);
		}

		case 'first': {
			return moveTo(state, ids, 0);
		}

		case 'last': {
			return moveTo(state, ids, ids.length - 1);
		}

		case 'select': {
			return moveTo(state, ids, ids.indexOf(action.id));
		}

		case 'mark': {
			const id = selectedOf(state, ids);
			return id === undefined ? state : moveTo({...state, marks: toggled(state.marks, members(id))}, ids, cursorOf(state, ids) + 1);
		}

		case 'markAll': {
			return {...state, marks: new Set([...state.marks, ...ids])};
		}

		case 'unmarkAll': {
			return state.marks.size === 0 ? state : {...state, marks: new Set()};
		}

		case 'filter': {
			return {...state, filter: action.text.toLowerCase()};
		}

		case 'sort': {
			return nextSort(state, action.columns);
		}

		case 'sortBy': {
			const {column} = action;
			return column && column.key === state.sort ? {...state, isDescending: !state.isDescending} : {...state, ...firstDirection(column)};
		}
	}
};

/** Index of the first visible row, with the cursor in view. Stays at `before` if possible, so that fewer lines are redrawn. */
export const windowStart = (cursor: number, height: number, length: number, before = 0): number => {
	const last = Math.max(0, length - height);
	const start = cursor < before ? cursor : Math.max(before, cursor - height + 1);
	return Math.max(0, Math.min(last, start));
};
