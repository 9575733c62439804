import type {Snapshot} from '../../engine/snapshot.js';
import {messageOf} from '../../engine/errors.js';
import type {Values} from './form-state.js';

/** Checks of fields; each throws an error for an invalid value. */
export type Checks = ReadonlyArray<readonly [field: string, check: (value: string, snapshot: Snapshot, values: Values) => void]>;

/** Error messages by field name. */
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
