import {HolmError} from '../../engine/errors.js';

const longestSeconds = 86_400;

/**
Reads an environment variable in seconds and returns milliseconds; undefined if it is not set. `purpose` completes the error message after "a time that".

Throws `invalid` for a value that is not a time from 1 second to a day.
*/
export const secondsSetting = (
	variables: Readonly<Record<string, string | undefined>>,
	name: string,
	purpose: string,
): number | undefined => {
	const text = variables[name];
	if (text === undefined || text === '') {
		return undefined;
	}

	const seconds = /^\d+(?:\.\d+)?$/v.test(text) ? Number(text) : NaN;
	if (!(seconds >= 1 && seconds <= longestSeconds)) {
		throw new HolmError('invalid', `${name}=${JSON.stringify(text.slice(0, 40))} is not a time that ${purpose}`, {
			remedy: `set it to a number of seconds from 1 to ${longestSeconds}, such as ${name}=300, or leave it out`,
		});
	}

	return Math.round(seconds * 1000);
};
