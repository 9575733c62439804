import type {KeyMaps} from './key-maps.js';
import type {Binding} from './keys.js';

export type PaletteEntry = {readonly place: keyof KeyMaps; readonly binding: Binding};

/** Everything that has a name, in the order in which it fits what was typed: all of its words must occur. */
export const paletteEntries = (keyMaps: KeyMaps, text: string): readonly PaletteEntry[] => {
	const words = text.toLowerCase().split(/\s+/v).filter(Boolean);
	const entries = Object.entries(keyMaps).flatMap(([place, map]) => place === 'dialog' || place === 'list' || place === 'textView' ? [] : map.map(binding => ({place: place as keyof KeyMaps, binding})));
	const found = entries.flatMap(entry => {
		const haystack = `${entry.binding.action} ${entry.binding.title}`.toLowerCase();
		return words.every(word => haystack.includes(word)) ? [{entry, begins: words[0] !== undefined && entry.binding.title.toLowerCase().startsWith(words[0])}] : [];
	});
	return found.toSorted((a, b) => Number(b.begins) - Number(a.begins)).map(({entry}) => entry);
};
