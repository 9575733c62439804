import {parseWhole} from '../flags/sizes.js';

/** Flags of all commands that print a log. */
export const logFlags = {
	follow: {type: 'boolean', shortFlag: 'f', description: 'Follow new output'},
	tail: {
		type: 'string', shortFlag: 'n', default: 'all', value: 'LINES', description: 'Number of lines from the end',
	},
} as const;

/** The number of lines that `--tail` asks for; undefined for all. Throws `invalid`. */
export const parseTail = (tail: string): number | undefined => tail === 'all' ? undefined : parseWhole('--tail', tail);
