import type {Key} from 'ink';

/** A key as it is written in a key map: a character, or a name such as `up`, `ctrl+r`, `space`. */
export type KeyName = string;

/** Keys one after the other with spaces between them, such as `g g`, as they stand in a key map; mostly a single one. */
export type KeySequence = string;

/** One thing that a key does. The footer and the help are made of these. */
export type Binding = {
	/** Such as `containers.remove`, which is also its name in the configuration. */
	readonly action: string;
	readonly keys: readonly KeySequence[];
	/** What it does, in the help. */
	readonly title: string;
	/** One or two words for the footer; without them it is only in the help. */
	readonly short?: string;
	/** Changes something, so that `--read-only` refuses it. */
	readonly changes?: true;
	/** It is there only where the engine can tell it. */
	readonly needs?: 'machines';
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

/** The names of the keys in one piece of input: keys that are typed while the program is busy, or pasted, come together. */
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

/** What a key or a sequence of keys does: the first map that knows it decides. */
export const actionOf = (sequence: KeySequence, maps: readonly KeyMap[]): Binding | undefined => {
	for (const map of maps) {
		const binding = map.find(({keys}) => keys.includes(sequence));
		if (binding) {
			return binding;
		}
	}

	return undefined;
};

/** A way on from keys that were pressed. */
export type Continuation = {readonly rest: KeySequence; readonly binding: Binding};

/** The longer sequences that keys may be the beginning of. Those that do what the keys do already are none: nobody need be waited for. */
export const continuationsOf = (sequence: KeySequence, maps: readonly KeyMap[]): readonly Continuation[] => {
	const own = actionOf(sequence, maps);
	const beginning = `${sequence} `;
	const longer = new Set(maps.flatMap(map => map.flatMap(({keys}) => keys.filter(key => key.startsWith(beginning)))));
	const continuations = [...longer].map(key => ({rest: key.slice(beginning.length), binding: actionOf(key, maps)!}));
	return continuations.filter(({binding}) => binding !== own);
};

/** The map with the keys that the configuration gives instead; a key that was given to one action is taken from the others of the map, with the sequences that it begins. */
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

/** A key as people write it, and a sequence of characters as they write that: `gg`. */
export const describeKey = (sequence: KeySequence, isAscii = false): string => {
	const names = sequence.split(' ').map(name => describeOne(name, isAscii));
	return names.join(names.every(name => [...name].length === 1) ? '' : ' ');
};
