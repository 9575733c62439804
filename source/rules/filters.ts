import type {Filters} from '../engine/resources.js';
import {parseDuration} from '../engine/durations.js';
import {HolmError} from '../engine/errors.js';

/** Turns one value of a filter into a test of items. Throws `invalid` for a malformed value, before any item is tested. */
export type Matcher<Item> = (value: string) => (item: Item) => boolean;

/** The rule for one key of a filter. An item has to match one of the values, with `every` all of them. */
export type FilterRule<Item> = Matcher<Item> | {readonly every: Matcher<Item>};

export type FilterRules<Item> = Readonly<Record<string, FilterRule<Item>>>;

/**
Builds a test of items from Docker's filters: an item has to match every key.

Throws `invalid` for an unknown key, as Docker does: a misspelt filter never selects everything.
*/
export const filterOf = <Item>(filters: Filters | undefined, rules: FilterRules<Item>): ((item: Item) => boolean) => {
	const tests = Object.entries(filters ?? {}).filter(([, values]) => values.length > 0).map(([key, values]) => {
		if (!Object.hasOwn(rules, key)) {
			throw new HolmError('invalid', `invalid filter '${key.replaceAll(/[^\w\-.]/gv, '?').slice(0, 40)}'`, {remedy: `the filters are ${Object.keys(rules).join(', ')}`});
		}

		const rule = rules[key]!;
		const matches = values.map(value => (typeof rule === 'function' ? rule : rule.every)(value));
		return typeof rule === 'function'
			? (item: Item) => matches.some(match => match(item))
			: (item: Item) => matches.every(match => match(item));
	});
	return item => tests.every(test => test(item));
};

/** Docker's filter `label`: `KEY` or `KEY=VALUE`. */
export const hasLabel = (labels: Readonly<Record<string, string>>, value: string): boolean => {
	const [key = ''] = value.split('=', 1);
	return Object.hasOwn(labels, key) && (key.length === value.length || labels[key] === value.slice(key.length + 1));
};

/** Docker's filters `label` and `label!`. */
export const labelRules = <Item>(labelsOf: (item: Item) => Readonly<Record<string, string>>) => ({
	label: {every: (value: string) => (item: Item) => hasLabel(labelsOf(item), value)},
	'label!': {every: (value: string) => (item: Item) => !hasLabel(labelsOf(item), value)},
});

/** Checks that a filter's value is one of `allowed`, ignoring case; throws `invalid`. */
export const oneOf = <Value extends string>(key: string, value: string, allowed: readonly Value[]): Value => {
	const found = allowed.find(item => item === value.toLowerCase());
	if (found === undefined) {
		throw new HolmError('invalid', `invalid filter '${key}=${value.replaceAll(/[^\w\-.]/gv, '?').slice(0, 40)}'`, {remedy: `its values are ${allowed.join(', ')}`});
	}

	return found;
};

/** Parses a filter's boolean value as Docker does; throws `invalid`. */
export const isTrue = (key: string, value: string): boolean =>
	['true', '1', 't'].includes(oneOf(key, value, ['true', 'false', '1', '0', 't', 'f']));

/** Parses Docker's filter `until` into milliseconds since the epoch: a time, Unix seconds, or a duration before `now` (`10m`, `1h30m`). Throws `invalid`. */
export const untilOf = (value: string, now: number): number => {
	if (/^\d+(?:\.\d+)?$/v.test(value)) {
		return Number(value) * 1000;
	}

	const duration = parseDuration(value);
	if (duration !== undefined) {
		return now - duration;
	}

	const time = Date.parse(value);
	if (Number.isNaN(time)) {
		throw new HolmError('invalid', `invalid filter 'until=${value.replaceAll(/[^\w+\-.:]/gv, '?').slice(0, 40)}'`, {remedy: 'it is how long ago such as 24h, a time such as 2026-02-25T10:00:00Z, or Unix seconds'});
	}

	return time;
};

/** Docker's filter `name`, a regular expression. Malformed expressions, and those that may take exponential time, match as plain text. */
export const nameMatcher = (value: string): ((name: string) => boolean) => {
	const isSafe = /^[\w$*+\-.\/?\[\]^\|]{1,100}$/v.test(value) && !/[*+?].*[*+?]/v.test(value);
	let pattern: RegExp | undefined;
	try {
		pattern = isSafe ? new RegExp(value.replace(/^\^?\//v, '^'), 'v') : undefined;
	} catch {}

	return name => name.includes(value) || pattern?.test(name) === true;
};
