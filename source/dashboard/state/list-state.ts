/** What is chosen in a list of things that come and go: the cursor keeps to the thing and not to the row. */
export type ListState = {
	readonly selectedId?: string;
	/** Where the cursor was, for when its thing has gone. */
	readonly index: number;
	readonly marks: ReadonlySet<string>;
	/** Lower case; only what contains it is shown. */
	readonly filter: string;
	/** Name of the column; the list's own order without. */
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

/** Row of the cursor among what is shown; -1 in an empty list. */
export const cursorOf = ({selectedId, index}: ListState, ids: readonly string[]): number => {
	const found = selectedId === undefined ? -1 : ids.indexOf(selectedId);
	return found === -1 ? (ids.length === 0 ? -1 : clamp(index, ids.length)) : found;
};

/** The thing under the cursor. */
export const selectedOf = (state: ListState, ids: readonly string[]): string | undefined => ids[cursorOf(state, ids)];

/** The marked ones that still exist, or else the one under the cursor. */
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

/** `ids` are those that are shown, in their order. */
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

/** First of the rows that are shown, so that the cursor is among them. It stays what it was before as long as that is so: lines that do not move need not be drawn. */
export const windowStart = (cursor: number, height: number, length: number, before = 0): number => {
	const last = Math.max(0, length - height);
	const start = cursor < before ? cursor : Math.max(before, cursor - height + 1);
	return Math.max(0, Math.min(last, start));
};
