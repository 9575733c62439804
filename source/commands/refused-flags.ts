import type {RefusedFlags} from '../flags/flag-table.js';
import type {FieldTable} from '../wire/decode/fields/rule.js';

/** Why `--disable-content-trust` is refused. */
export const contentTrust = {reason: 'signatures of images are never checked', remedy: 'leave it out; a digest such as IMAGE@sha256:… names an exact image'} as const;

/** Flags of Docker's, by name without dashes, that are refused for the reason of their field in the API. */
export const refusedFlags = (table: FieldTable, flags: Readonly<Record<string, string>>): RefusedFlags =>
	Object.fromEntries(Object.entries(flags).map(([flag, field]) => {
		const {reason, remedy = 'leave it out'} = table[field]!;
		return [`--${flag}`, {reason, remedy}];
	}));
