/*
Reading documents of a program whose versions differ: a member that is missing or of another type has its empty value, so that it empties a column instead of failing a list.
*/

export type Members = Readonly<Record<string, unknown>>;

export const membersOf = (value: unknown): Members =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Members : {};

export const listOf = (value: unknown): readonly Members[] => Array.isArray(value) ? value.map(item => membersOf(item)) : [];

export const textOf = (value: unknown): string => typeof value === 'string' ? value : '';

export const textsOf = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];

/** A number that is not negative. */
export const countOf = (value: unknown): number => typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : 0;

export const optionalCount = (value: unknown): number | undefined => typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;

export const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
	Object.fromEntries(Object.entries(membersOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

/** Milliseconds since the epoch; undefined for what is no time. */
export const momentOf = (value: unknown): number | undefined => {
	const moment = Date.parse(textOf(value));
	return Number.isNaN(moment) ? undefined : moment;
};

/** The name of an enumeration's case, which is an object with one key; empty for none of the known ones. */
export const caseOf = (value: unknown, known: readonly string[]): string =>
	known.find(name => name === value || Object.hasOwn(membersOf(value), name)) ?? '';
