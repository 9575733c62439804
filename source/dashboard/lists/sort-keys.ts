import type {KeyMap} from '../keys/keys.js';
import {sortColumns, type SortedList} from './sorts.js';

/** The key before the letter of a column. */
export const sortPrefix = 'S';

/** The action that sorts a list by a column. */
export const sortAction = (list: SortedList, key: string): string => `${list}.sortBy${key[0]!.toUpperCase()}${key.slice(1)}`;

/** The keys that sort a list: `S` and the letter of a column. */
export const sortKeys = (list: SortedList): KeyMap => sortColumns[list].map(({key, letter, title}) => ({
	action: sortAction(list, key), keys: [`${sortPrefix} ${letter}`], title: `Sort by ${title}; again for the other direction`, follow: title,
}));
