import type {KeyMaps} from './key-maps.js';
import type {Binding} from './keys.js';

export type PaletteEntry = {readonly place: keyof KeyMaps; readonly binding: Binding};

/** The actions that contain all typed words; those whose title starts with the first word come first. */
export const paletteEntries = (keyMaps: KeyMaps, text: string): readonly PaletteEntry[] => {
	const words = text.toLowerCase().split(/\s+/v).filter(Boolean);
	const entries = Object.entries(keyMaps).flatMap(([place, map]) => place === 'dialog' || place === 'list' || place === 'textView' ? [] : map.map(binding => ({place: place as keyof KeyMaps, binding})));
	const found = entries.flatMap(entry => {
		const title = entry.binding.title.toLowerCase();
		const haystack = `${entry.binding.action.toLowerCase()} ${title}`;
		const isAtStart = words[0] !== undefined && title.startsWith(words[0]);
		return words.every(word => haystack.includes(word)) ? [{entry, isAtStart}] : [];
	});
	return found.toSorted((a, b) => Number(b.isAtStart) - Number(a.isAtStart)).map(({entry}) => entry);
};
