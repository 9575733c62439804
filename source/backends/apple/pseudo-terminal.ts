import {quote} from '../../text/escape.js';
import type {TerminalSize} from '../../engine/sessions.js';

/** Whether a host has BSD's programs, whose options differ. */
export type Flavour = 'bsd' | 'linux';

export const flavourOf = (system: string): Flavour => system === 'Linux' ? 'linux' : 'bsd';

/** The command line of a program on a terminal of its own, in raw mode. Its name is written to file descriptor 3 as a line. */
export const onTerminal = (argv: readonly string[], {rows, columns}: TerminalSize, flavour: Flavour): readonly string[] => {
	const line = `stty raw -echo rows ${rows} columns ${columns} 2>/dev/null; tty >&3; exec ${argv.map(word => quote(word)).join(' ')}`;
	return flavour === 'linux' ? ['script', '-qec', line, '/dev/null'] : ['/usr/bin/script', '-q', '/dev/null', '/bin/sh', '-c', line];
};

/** The command that gives a terminal another size and tells its processes. */
export const resizing = (terminal: string, {rows, columns}: TerminalSize, flavour: Flavour): readonly string[] =>
	['stty', flavour === 'linux' ? '-F' : '-f', terminal, 'rows', String(rows), 'columns', String(columns)];
