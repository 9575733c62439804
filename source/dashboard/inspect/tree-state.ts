/** One line of a tree. */
export type TreeLine = {
	/** Keys from the root, joined by the unit separator; the root's is empty. */
	readonly path: string;
	readonly depth: number;
	readonly key: string;
	/** Text of a leaf, as JSON; a time in ISO 8601, UTC. */
	readonly value?: string;
	/** Number of children of a branch. */
	readonly size?: number;
	readonly isList?: boolean;
	readonly isFolded: boolean;
};

export type TreeState = {
	readonly title: string;
	readonly root: unknown;
	readonly folded: ReadonlySet<string>;
	readonly cursor: number;
	readonly isJson: boolean;
	/** Lower case. */
	readonly search: string;
};

export type TreeAction =
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'first' | 'last' | 'fold' | 'unfold' | 'toggle' | 'foldAll' | 'unfoldAll' | 'nextMatch' | 'previousMatch' | 'json'}
	| {readonly type: 'search'; readonly text: string};

const separator = '\u{1F}';

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

const childrenOf = (value: object): ReadonlyArray<readonly [string, unknown]> =>
	Object.entries(value).filter(([, child]) => child !== undefined);

// The engine's original answer repeats the fields above it.
const foldedAtFirst = new Set(['source']);

/** A tree with all branches but `foldedAtFirst` unfolded. */
export const openTree = (title: string, root: unknown): TreeState => ({
	title, root, folded: isBranch(root) ? new Set(childrenOf(root).map(([key]) => key).filter(key => foldedAtFirst.has(key))) : new Set(), cursor: 0, isJson: false, search: '',
});

// Times are milliseconds since the epoch, and 0 where they are not known.
const isTime = (key: string, value: unknown): value is number => /[a-z]At$/v.test(key) && Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 8.64e15;

const leafText = (key: string, value: unknown): string => isTime(key, value) ? new Date(value).toISOString() : JSON.stringify(value) ?? 'null';

/** The lines below a value that are not folded. */
const linesBelow = (
	value: object,
	folded: ReadonlySet<string>,
	path = '',
	depth = 0,
): readonly TreeLine[] => childrenOf(value).flatMap(([key, child]): readonly TreeLine[] => {
	const childPath = path === '' ? key : `${path}${separator}${key}`;
	if (!isBranch(child)) {
		return [{path: childPath, depth, key, value: leafText(key, child), isFolded: false}];
	}

	const isFolded = folded.has(childPath);
	const line = {path: childPath, depth, key, size: childrenOf(child).length, isList: Array.isArray(child), isFolded};
	return [line, ...isFolded ? [] : linesBelow(child, folded, childPath, depth + 1)];
});

/** The visible lines: all but those in folded branches. */
export const treeLines = ({root, folded, isJson}: Pick<TreeState, 'root' | 'folded' | 'isJson'>): readonly TreeLine[] => {
	if (isJson) {
		return JSON.stringify(root, undefined, 2).split('\n').map((line, index) => ({path: String(index), depth: 0, key: '', value: line, isFolded: false}));
	}

	return isBranch(root) ? linesBelow(root, folded) : [];
};

/** The value at a path; undefined if there is none. */
export const valueAt = (root: unknown, path: string): unknown => {
	let value = root;
	for (const key of path.split(separator)) {
		value = isBranch(value) ? (value as Record<string, unknown>)[key] : undefined;
	}

	return value;
};

const isMatch = ({key, value}: TreeLine, search: string) => search !== '' && (key.toLowerCase().includes(search) || (value?.toLowerCase().includes(search) ?? false));

/** Indices of the lines that match the search, folded ones unfolded. */
export const matchesOf = (lines: readonly TreeLine[], search: string): readonly number[] =>
	lines.flatMap((line, index) => isMatch(line, search) ? [index] : []);

const allBranches = (root: unknown): readonly string[] =>
	treeLines({root, folded: new Set(), isJson: false}).filter(({size}) => size !== undefined).map(({path}) => path);

const clamp = (value: number, length: number) => Math.max(0, Math.min(length - 1, value));

const withCursorAt = (state: TreeState, path: string): TreeState => {
	const row = treeLines(state).findIndex(line => line.path === path);
	return {...state, cursor: Math.max(0, row)};
};

const setFolded = (state: TreeState, path: string, isFolded: boolean): TreeState => {
	const folded = new Set(state.folded);
	if (isFolded) {
		folded.add(path);
	} else {
		folded.delete(path);
	}

	return {...state, folded};
};

/** Moves to the next match and unfolds the branches around it. */
const toMatch = (state: TreeState, direction: 1 | -1, isInclusive = false): TreeState => {
	const all = treeLines({...state, folded: new Set()});
	const matches = matchesOf(all, state.search);
	if (matches.length === 0) {
		return state;
	}

	const current = all.findIndex(({path}) => path === treeLines(state)[state.cursor]?.path);
	const found = direction === 1
		? matches.find(index => index > current || (isInclusive && index === current)) ?? matches[0]!
		: matches.findLast(index => index < current) ?? matches.at(-1)!;
	const {path} = all[found]!;
	const keys = path.split(separator);
	const folded = new Set(state.folded);
	for (let depth = 1; depth < keys.length; depth++) {
		folded.delete(keys.slice(0, depth).join(separator));
	}

	return withCursorAt({...state, folded}, path);
};

const fold = (state: TreeState, line: TreeLine): TreeState => {
	if (line.size !== undefined && !line.isFolded) {
		return setFolded(state, line.path, true);
	}

	const end = line.path.lastIndexOf(separator);
	return end === -1 ? state : withCursorAt(state, line.path.slice(0, end));
};

export const reduceTree = (state: TreeState, action: TreeAction): TreeState => {
	const lines = treeLines(state);
	const line = lines[clamp(state.cursor, lines.length)];
	switch (action.type) {
		case 'move': {
			return {...state, cursor: clamp(state.cursor + action.by, lines.length)};
		}

		case 'first': {
			return {...state, cursor: 0};
		}

		case 'last': {
			return {...state, cursor: clamp(lines.length, lines.length)};
		}

		case 'fold': {
			return line ? fold(state, line) : state;
		}

		case 'unfold': {
			return line?.size === undefined ? state : setFolded(state, line.path, false);
		}

		case 'toggle': {
			return line?.size === undefined ? state : setFolded(state, line.path, !line.isFolded);
		}

		case 'foldAll': {
			return {...state, folded: new Set(allBranches(state.root)), cursor: 0};
		}

		case 'unfoldAll': {
			return withCursorAt({...state, folded: new Set()}, line?.path ?? '');
		}

		case 'json': {
			return {...state, isJson: !state.isJson, cursor: 0};
		}

		case 'search': {
			const searching = {...state, search: action.text.toLowerCase()};
			return toMatch(searching, 1, true);
		}

		case 'nextMatch': {
			return toMatch(state, 1);
		}

		case 'previousMatch': {
			return toMatch(state, -1);
		}
	}
};
