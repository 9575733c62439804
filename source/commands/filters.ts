import type {Filters} from '../engine/resources.js';
import {HolmError} from '../engine/errors.js';
import {splitFirst} from '../flags/split-arguments.js';

/** The flag that every list has. */
export const filterFlag = {
	type: 'string', shortFlag: 'f', isMultiple: true, value: 'KEY=VALUE', description: 'Only those that match, such as name=web or label=tier=db',
} as const;

/** `key=value` each; one key may be given several times. What a key means is the engine's to say. */
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
