import {HolmError} from '../../engine/errors.js';
import type {TerminalSize} from '../../engine/sessions.js';

/** Throws `invalid` for a size that no terminal has. */
export const checkSize = ({rows, columns}: TerminalSize): void => {
	if (![rows, columns].every(length => Number.isSafeInteger(length) && length >= 0 && length <= 65_535)) {
		throw new HolmError('invalid', `invalid terminal size ${columns}x${rows}`, {remedy: 'it is two whole numbers'});
	}
};
