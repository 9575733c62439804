import {compilePattern, type PatternPiece} from './patterns.js';
import type {Shell} from './shell-state.js';

/** The value of a variable, a positional or a special parameter; undefined for one that is not set. */
export const valueOf = (shell: Shell, name: string): string | undefined => {
	switch (name) {
		case '?': {
			return String(shell.status);
		}

		case '$': {
			return '1';
		}

		case '#': {
			return String(shell.positional.length - 1);
		}

		case '!': {
			return shell.lastJob ?? '';
		}

		case '-': {
			return shell.options.exitOnError ? 'e' : '';
		}

		case '@':
		case '*': {
			return shell.positional.length > 1 ? shell.positional.slice(1).join(' ') : undefined;
		}

		default: {
			return /^\d+$/v.test(name) ? shell.positional[Number(name)] : shell.variables.get(name);
		}
	}
};

/** A longer value is left as it is, since each of its parts is compared. */
const longestStripped = 4096;

/** A value without the part at its beginning or end that a pattern takes. */
export const strip = (value: string, operator: string, pieces: readonly PatternPiece[]): string => {
	const matches = compilePattern(pieces);
	const lengths = Array.from({length: value.length > longestStripped ? 0 : value.length + 1}, (_, index) => index);
	const isPrefix = operator.startsWith('#');
	const candidates = operator.length === 1 ? lengths : lengths.toReversed();
	const length = candidates.find(length => matches(isPrefix ? value.slice(0, length) : value.slice(value.length - length)));
	if (length === undefined) {
		return value;
	}

	return isPrefix ? value.slice(length) : value.slice(0, value.length - length);
};
