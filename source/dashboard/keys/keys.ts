import type {Key} from 'ink';

/** A key in a key map: a character, or a name such as `up`, `ctrl+r`, `space`. */
export type KeyName = string;

/** Keys separated by spaces, such as `g g`; usually a single key. */
export type KeySequence = string;

/** An action with its keys; source of the footer, the help and the palette. */
export type Binding = {
	/** Such as `containers.remove`; also the name in the configuration. */
	readonly action: string;
	readonly keys: readonly KeySequence[];
	/** Description in the help. */
	readonly title: string;
	/** One or two words for the footer; without them the action is only in the help. */
	readonly short?: string;
	/** The same for the footer after the first key of a sequence. */
	readonly follow?: string;
	/** Changes the engine; `--read-only` refuses it. */
	readonly changes?: true;
	/** Available only on engines that have it. */
	readonly needs?: 'machines' | 'builder';
	/** Refused while the cursor is on the builder. */
	readonly notFor?: 'builder';
};

export type KeyMap = readonly Binding[];

const named: ReadonlyArray<readonly [keyof Key, KeyName]> = [
	['upArrow', 'up'],
	['downArrow', 'down'],
	['leftArrow', 'left'],
	['rightArrow', 'right'],
	['pageUp', 'pageup'],
	['pageDown', 'pagedown'],
	['home', 'home'],
	['end', 'end'],
	['return', 'return'],
	['escape', 'escape'],
	['backspace', 'backspace'],
	['delete', 'delete'],
];

/** The keys that have a name instead of a character. */
export const namedKeys: readonly KeyName[] = [...named.map(([, name]) => name), 'space', 'tab', 'shift+tab'];

// As bytes, these letters with Ctrl are backspace, tab and return.
const withControl = /^ctrl\+(?:[a-gkln-z\\\]_^]|space)$/v;
const oneCharacter = /^(?:alt\+)?[^\p{Other}\p{Separator}]$/v;

/** Whether a key press can have this name: a named key, one character, or a character with Ctrl or Alt. */
export const isKeyName = (name: string): boolean => namedKeys.includes(name) || withControl.test(name) || oneCharacter.test(name) || name === 'alt+space';

/** The names of the keys in a chunk of input; fast typing and pasting put several keys in one chunk. */
export const keyNames = (input: string, key: Partial<Key>): readonly KeyName[] => {
	if (key.tab) {
		return [key.shift ? 'shift+tab' : 'tab'];
	}

	const name = named.find(([property]) => key[property])?.[1];
	if (name !== undefined) {
		return [name];
	}

	if (key.ctrl) {
		return input === '' ? [] : [`ctrl+${input === ' ' ? 'space' : input}`];
	}

	const characters = Array.from(input, character => ({' ': 'space', '\r': 'return', '\n': 'return', '\t': 'tab'}[character] ?? character));
	return key.meta ? characters.map(character => `alt+${character}`) : characters;
};

/** The binding of a key or sequence in the first map that has one. */
export const actionOf = (sequence: KeySequence, maps: readonly KeyMap[]): Binding | undefined => {
	for (const map of maps) {
		const binding = map.find(({keys}) => keys.includes(sequence));
		if (binding) {
			return binding;
		}
	}

	return undefined;
};

/** The rest of a sequence whose first keys were pressed. */
export type Continuation = {readonly rest: KeySequence; readonly binding: Binding};

/** The sequences that start with these keys, without those that have the same action as the keys alone. */
export const continuationsOf = (sequence: KeySequence, maps: readonly KeyMap[]): readonly Continuation[] => {
	const own = actionOf(sequence, maps);
	const beginning = `${sequence} `;
	const longer = new Set(maps.flatMap(map => map.flatMap(({keys}) => keys.filter(key => key.startsWith(beginning)))));
	const continuations = [...longer].map(key => ({rest: key.slice(beginning.length), binding: actionOf(key, maps)!}));
	return continuations.filter(({binding}) => binding !== own);
};

/** The map with the configured keys. A configured key is removed from other actions of the map, together with sequences that start with it. */
export const rebind = (map: KeyMap, keys: Readonly<Record<string, readonly KeySequence[]>>): KeyMap => {
	const given = map.flatMap(({action}) => keys[action] ?? []);
	return map.map(binding => {
		const own = keys[binding.action];
		return own ? {...binding, keys: own} : {...binding, keys: binding.keys.filter(key => !given.some(other => key === other || key.startsWith(`${other} `)))};
	});
};

const keyLabels: Readonly<Record<KeyName, string>> = {
	up: '↑', down: '↓', left: '←', right: '→', return: 'Enter', escape: 'Esc', space: 'Space', tab: 'Tab', 'shift+tab': 'Shift-Tab', pageup: 'PgUp', pagedown: 'PgDn', home: 'Home', end: 'End', delete: 'Del', backspace: 'Backspace',
};
const asciiKeyLabels: Readonly<Record<KeyName, string>> = {up: 'Up', down: 'Down', left: 'Left', right: 'Right'};

const describeOne = (name: KeyName, isAscii: boolean): string =>
	(isAscii ? asciiKeyLabels[name] : undefined) ?? keyLabels[name] ?? name.replace(/^ctrl\+(?<letter>.+)$/v, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`).replace(/^alt\+/v, 'Alt-');

/** A key or sequence for display: `Ctrl-X`, `gg`. */
export const describeKey = (sequence: KeySequence, isAscii = false): string => {
	const names = sequence.split(' ').map(name => describeOne(name, isAscii));
	return names.join(names.every(name => [...name].length === 1) ? '' : ' ');
};
