import type {Filters} from '../engine/resources.js';
import {HolmError} from '../engine/errors.js';
import {splitFirst} from '../flags/split-arguments.js';

/** The filter flag of lists. */
export const filterFlag = {
	type: 'string', shortFlag: 'f', isMultiple: true, value: 'KEY=VALUE', description: 'Filter, such as name=web or label=tier=db',
} as const;

/** Parses `key=value` items; keys are repeatable, and the engine checks them. Throws `invalid`. */
export const parseFilters = (values: readonly string[]): Filters => {
	const filters: Record<string, string[]> = {};
	for (const value of values) {
		const [key, text] = splitFirst(value, '=');
		if (text === undefined || key.trim() === '') {
			throw new HolmError('invalid', `invalid filter "${value}"`, {remedy: 'it is KEY=VALUE, such as name=web'});
		}

		(filters[key.trim().toLowerCase()] ??= []).push(text.trim());
	}

	return filters;
};
