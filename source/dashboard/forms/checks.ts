import type {Snapshot} from '../../engine/snapshot.js';
import {messageOf} from '../../engine/errors.js';
import type {Values} from './form-state.js';

/** What a field's value must be: throws what is wrong with it. */
export type Checks = ReadonlyArray<readonly [field: string, check: (value: string, snapshot: Snapshot, values: Values) => void]>;

/** What is wrong, by the name of the field. */
export const errorsOf = (checks: Checks, values: Values, snapshot: Snapshot): Readonly<Record<string, string>> => {
	const errors: Record<string, string> = {};
	for (const [field, check] of checks) {
		try {
			check(values[field] ?? '', snapshot, values);
		} catch (error) {
			errors[field] = messageOf(error);
		}
	}

	return errors;
};
