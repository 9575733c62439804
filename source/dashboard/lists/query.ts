import {clean} from '../../text/fit.js';

/** A part of an item that a filter can search. */
export type Field<Item> = {
	/** What is typed before the colon; the first is its name on the screen. */
	readonly names: readonly [string, ...string[]];
	/** The texts on the screen. A filter without a prefix searches them unless `isHidden`. */
	readonly texts: (item: Item) => readonly string[];
	/** Further texts that only the prefix finds. */
	readonly more?: (item: Item) => readonly string[];
	/** Found only with its prefix. */
	readonly isHidden?: true;
	/** Matches from the beginning of a text: ids, ports and addresses. */
	readonly isFromStart?: true;
	/** Another meaning of the value, such as a subnet of addresses. */
	readonly covers?: (value: string, text: string) => boolean;
};

/** A word of a filter. */
export type Term = {
	/** Name of the field; undefined for a word without a known prefix. */
	readonly field?: string;
	/** Lower case. */
	readonly value: string;
	/** The whole text, not a part of it. */
	readonly isExact: boolean;
	readonly isNot: boolean;
};

/** What a word of a filter has found. */
export type Found = {readonly field: string; readonly value: string; readonly text: string};

const words = /(?:[^\s"]|"[^"]*"?)+/gv;
const prefixed = /^(?<prefix>[a-z]+)(?<sign>[:=])(?<value>.*)$/v;

const unquoted = (text: string): string => text.replaceAll('"', '');

const termOf = (word: string, names: ReadonlyMap<string, string>): Term => {
	const isNot = word.length > 1 && word.startsWith('!');
	const rest = isNot ? word.slice(1) : word;
	const groups = prefixed.exec(rest)?.groups;
	const field = groups && names.get(groups.prefix!);
	return groups && field !== undefined
		? {field, value: unquoted(groups.value!), isExact: groups.sign === '=', isNot}
		: {value: unquoted(rest), isExact: false, isNot};
};

/** The words of a filter; all must match. `image:redis` searches one field, `image=redis` compares it, `!` inverts, quotes keep spaces and colons. An unknown prefix is text. */
export const parseQuery = <Item>(filter: string, fields: ReadonlyArray<Field<Item>>): readonly Term[] => {
	const names = new Map(fields.flatMap(field => field.names.map(name => [name, field.names[0]] as const)));
	// An empty value, as while it is typed, matches everything.
	return (filter.toLowerCase().match(words) ?? []).map(word => termOf(word, names)).filter(({value}) => value !== '');
};

const isIn = <Item>(text: string, {value, isExact}: Term, field: Field<Item>, isPrefixed: boolean): boolean => {
	const lower = text.toLowerCase();
	if (isExact) {
		return lower === value;
	}

	const isPart = isPrefixed && field.isFromStart ? lower.startsWith(value) : lower.includes(value);
	return isPart || (isPrefixed && (field.covers?.(value, lower) ?? false));
};

const findTerm = <Item>(item: Item, term: Term, fields: ReadonlyArray<Field<Item>>): Found | undefined => {
	const isPrefixed = term.field !== undefined;
	for (const field of fields) {
		if (isPrefixed ? field.names[0] !== term.field : field.isHidden) {
			continue;
		}

		const texts = [...field.texts(item), ...(isPrefixed ? field.more?.(item) ?? [] : [])];
		const text = texts.find(candidate => isIn(candidate, term, field, isPrefixed));
		if (text !== undefined) {
			return {field: field.names[0], value: term.value, text};
		}
	}

	return undefined;
};

/** What the words have found in an item; undefined if one of them does not match. */
export const findIn = <Item>(item: Item, terms: readonly Term[], fields: ReadonlyArray<Field<Item>>): readonly Found[] | undefined => {
	const found: Found[] = [];
	for (const term of terms) {
		const one = findTerm(item, term, fields);
		if ((one === undefined) !== term.isNot) {
			return undefined;
		}

		if (one && !term.isNot) {
			found.push(one);
		}
	}

	return found;
};

/** A word that finds exactly this value of a field. */
export const exactly = (field: string, value: string): string => `${field}=${/^[^\s"]+$/v.test(value) ? value : `"${unquoted(value)}"`}`;

/** What matched but is not among the texts on the screen, escaped: `image: shop-worker`; empty if all of it is. */
export const matchText = (found: readonly Found[], shown: readonly string[]): string => {
	const lower = shown.map(text => text.toLowerCase());
	const hidden = found.filter(({value}) => !lower.some(text => text.includes(value)));
	return [...new Set(hidden.map(({field, text}) => `${field}: ${clean(text)}`))].join(', ');
};
