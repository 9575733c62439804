import {constants} from 'node:os';
import {HolmError} from '../../errors.js';

/** The number of a signal given as `SIGTERM`, `TERM`, `term` or `15`. Throws `invalid` for what is none. */
export const signalNumber = (text: string): number => {
	if (/^\d{1,2}$/v.test(text) && Number(text) >= 1 && Number(text) <= 64) {
		return Number(text);
	}

	const name = text.toUpperCase();
	const known = (constants.signals as Readonly<Record<string, number>>)[name.startsWith('SIG') ? name : `SIG${name}`];
	// Real-time signals, as the kernel numbers them for C libraries on Linux.
	const realTime = /^(?:SIG)?RTMIN(?:\+(?<offset>\d{1,2}))?$/v.exec(name);
	const number = known ?? (realTime ? 34 + Number(realTime.groups?.offset ?? 0) : undefined);
	if (number === undefined || number > 64) {
		throw new HolmError('invalid', `Invalid signal: ${JSON.stringify(text.slice(0, 32)).slice(1, -1)}`, {remedy: 'give a name such as SIGTERM or a number from 1 to 64'});
	}

	return number;
};
