import {HolmError} from '../engine/errors.js';

// The rule of Docker's names (daemon/names): a letter or digit first, then also `_`, `.` and `-`.

const pattern = /^[\dA-Za-z][\w\-.]*$/v;
const networkPattern = /^[\dA-Za-z](?:[\w\-.]| (?=[\w\-.]))*$/v;

/** Checks the name of a container, network or volume; throws `invalid`. */
export const parseName = (kind: 'container' | 'network' | 'volume', name: string): string => {
	if (!(kind === 'network' ? networkPattern : pattern).test(name)) {
		throw new HolmError('invalid', `invalid ${kind} name "${name}"`, {remedy: 'it starts with a letter or digit and goes on with letters, digits, "_", "." or "-"'});
	}

	return name;
};
