import os from 'node:os';
import {HolmError} from '../../engine/errors.js';

const numbers: Readonly<Record<string, number>> = os.constants.signals;

/** The number of a signal, given as `SIGTERM`, `TERM`, `RTMIN+1` or `15`; throws `invalid`. */
export const signalNumber = (text: string): number => {
	if (/^\d{1,2}$/v.test(text)) {
		const number = Number(text);
		if (number >= 1 && number <= 64) {
			return number;
		}
	}

	const upper = text.toUpperCase();
	// Real-time signals, as the C libraries of Linux number them.
	const realTime = /^(?:SIG)?RTMIN(?:\+(?<offset>[12]?\d|30))?$/v.exec(upper)?.groups;
	const number = realTime ? 34 + Number(realTime.offset ?? 0) : numbers[upper.startsWith('SIG') ? upper : `SIG${upper}`];
	if (number === undefined) {
		throw new HolmError('invalid', `Invalid signal: ${JSON.stringify(text.slice(0, 40)).slice(1, -1)}`, {remedy: 'it is a name such as SIGTERM or a number from 1 to 64'});
	}

	return number;
};
