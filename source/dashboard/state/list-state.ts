/** Cursor, marks, filter and order of a list. The cursor follows its item, not the row. */
export type ListState = {
	readonly selectedId?: string;
	/** Row of the cursor, in case its item disappears. */
	readonly index: number;
	readonly marks: ReadonlySet<string>;
	/** Lower case; only items that contain it are visible. */
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
	| {readonly type: 'sort'; readonly columns: readonly string[]};

export const emptyList: ListState = {index: 0, marks: new Set(), filter: '', isDescending: false};

const clamp = (value: number, length: number): number => Math.max(0, Math.min(length - 1, value));

/** Row of the cursor; -1 in an empty list. `ids` are those of the visible items. */
export const cursorOf = ({selectedId, index}: ListState, ids: readonly string[]): number => {
	const found = selectedId === undefined ? -1 : ids.indexOf(selectedId);
	return found === -1 ? (ids.length === 0 ? -1 : clamp(index, ids.length)) : found;
};

/** Id of the item under the cursor. */
export const selectedOf = (state: ListState, ids: readonly string[]): string | undefined => ids[cursorOf(state, ids)];

/** Ids of the marked items that still exist, or else of the one under the cursor. */
export const targetsOf = (state: ListState, ids: readonly string[]): readonly string[] => {
	const marked = ids.filter(id => state.marks.has(id));
	if (marked.length > 0) {
		return marked;
	}

	const selected = selectedOf(state, ids);
	return selected === undefined ? [] : [selected];
};

const moveTo = (state: ListState, ids: readonly string[], row: number): ListState => {
	const index = clamp(row, ids.length);
	return ids.length === 0 || (ids[index] === state.selectedId && index === state.index) ? state : {...state, index, selectedId: ids[index]};
};

const toggled = (marks: ReadonlySet<string>, id: string): ReadonlySet<string> => {
	const next = new Set(marks);
	if (!next.delete(id)) {
		next.add(id);
	}

	return next;
};

const nextSort = (state: ListState, columns: readonly string[]): ListState => {
	if (state.sort !== undefined && !state.isDescending) {
		return {...state, isDescending: true};
	}

	return {...state, sort: columns[columns.indexOf(state.sort ?? '') + 1], isDescending: false};
};

/** `ids` are those of the visible items, in order. */
export const reduceList = (state: ListState, action: ListAction, ids: readonly string[]): ListState => {
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
			return id === undefined ? state : moveTo({...state, marks: toggled(state.marks, id)}, ids, cursorOf(state, ids) + 1);
		}

		case 'markAll': {
			return {...state, marks: new Set(ids)};
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
	}
};

/** Index of the first visible row, with the cursor in view. Stays at `before` if possible, so that fewer lines are redrawn. */
export const windowStart = (cursor: number, height: number, length: number, before = 0): number => {
	const last = Math.max(0, length - height);
	const start = cursor < before ? cursor : Math.max(before, cursor - height + 1);
	return Math.max(0, Math.min(last, start));
};
