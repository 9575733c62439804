import type {Key} from 'ink';

/** A key as it is written in a key map: a character, or a name such as `up`, `ctrl+r`, `space`. */
export type KeyName = string;

/** One thing that a key does. The footer and the help are made of these. */
export type Binding = {
	/** Such as `containers.remove`, which is also its name in the configuration. */
	readonly action: string;
	readonly keys: readonly KeyName[];
	/** What it does, in the help. */
	readonly title: string;
	/** One or two words for the footer; without them it is only in the help. */
	readonly short?: string;
	/** Changes something, so that `--read-only` refuses it. */
	readonly changes?: true;
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

/** The action of a key: the first map that knows it decides. */
export const actionOf = (name: KeyName, maps: readonly KeyMap[]): Binding | undefined => {
	for (const map of maps) {
		const binding = map.find(({keys}) => keys.includes(name));
		if (binding) {
			return binding;
		}
	}

	return undefined;
};

/** The map with the keys that the configuration gives instead; a key that was given to one action is taken from the others of the map. */
export const rebind = (map: KeyMap, keys: Readonly<Record<string, readonly KeyName[]>>): KeyMap => {
	const given = new Set(map.flatMap(({action}) => keys[action] ?? []));
	return map.map(binding => {
		const own = keys[binding.action];
		return own ? {...binding, keys: own} : {...binding, keys: binding.keys.filter(key => !given.has(key))};
	});
};

const shown: Readonly<Record<KeyName, string>> = {
	up: '↑', down: '↓', left: '←', right: '→', return: 'Enter', escape: 'Esc', space: 'Space', tab: 'Tab', 'shift+tab': 'Shift-Tab', pageup: 'PgUp', pagedown: 'PgDn', home: 'Home', end: 'End', delete: 'Del', backspace: 'Backspace',
};
const shownInAscii: Readonly<Record<KeyName, string>> = {up: 'Up', down: 'Down', left: 'Left', right: 'Right'};

/** A key as people write it. */
export const describeKey = (name: KeyName, isAscii = false): string =>
	(isAscii ? shownInAscii[name] : undefined) ?? shown[name] ?? name.replace(/^ctrl\+(?<letter>.+)$/v, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`).replace(/^alt\+/v, 'Alt-');
