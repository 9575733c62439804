import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';

/*
A command for a host whose login shell is not known. What is written here means the same to sh, bash, zsh, dash and fish: words in single quotes, within which nothing has a meaning but the quote itself and, to fish, the backslash. These two are in double quotes.
*/

/** A word for any of the shells. */
export const quoteWord = (word: string): string => {
	const pieces = word.split(/(?<special>['\\])/v).filter(Boolean);
	return pieces.length === 0 ? '\'\'' : pieces.map(piece => piece === '\'' ? '"\'"' : (piece === '\\' ? String.raw`"\\"` : `'${piece}'`)).join('');
};

/** Bytes of a line at most: one request of SSH has 32 KiB. */
const longestLine = 30_000;

/** What the line of a started command begins its output with, followed by its process id and a line feed. */
export const startMark = 'holm-started ';

/** The same for a program that is not there. */
export const absentMark = 'holm-absent';

/** Directories that a session over SSH lacks, and those that an empty PATH lacks. */
const directories = '/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin';

export type CommandOptions = {
	/** Variables beside those that the session has: SSH's server would refuse most of them. */
	readonly environment?: Readonly<Record<string, string>>;
};

export type RemoteCommand = {
	readonly line: string;
	/** What its standard input begins with. */
	readonly input: string;
};

/** Reads one line, a byte at a time, and leaves the rest to the program. */
const readWords = 'IFS= read -r holm; eval "$(echo "$holm" | base64 -d)"';

/** Variables that change what Apple's program does. */
const unwanted = ['CONTAINER_DEFAULT_PLATFORM', 'CONTAINER_DEBUG'];

/**
A line that becomes the program, with its words as they are and variables beside those of the session.

It first prints a mark and its process id, which is that of its group, too. A line that would be too long for one request reads its words from its input. Throws `invalid` for what cannot be a word.
*/
export const quoteCommand = (argv: readonly string[], {environment = {}}: CommandOptions = {}): RemoteCommand => {
	const variables = Object.entries({NO_COLOR: '1', ...environment});
	const bad = [...argv, ...variables.flat()].find(word => word.includes('\0')) ?? variables.map(([name]) => name).find(name => !/^[A-Za-z_]\w*$/v.test(name));
	if (bad !== undefined) {
		throw new HolmError('invalid', `${JSON.stringify(bad.slice(0, 100))} cannot be given to a program`, {remedy: 'leave out NUL, and name variables by letters and digits'});
	}

	const script = [
		`PATH=\${PATH:+$PATH:}${directories}`,
		`export PATH ${variables.map(([name, value]) => `${name}=${quoteWord(value)}`).join(' ')}`,
		`unset ${unwanted.join(' ')}`,
		`command -v "$1" >/dev/null 2>&1 || { echo ${absentMark}; exit 127; }`,
		`echo "${startMark}$$"`,
		'exec "$@"',
	].join('; ');
	const line = `exec /bin/sh -c ${[script, 'sh', ...argv].map(word => quoteWord(word)).join(' ')}`;
	if (Buffer.byteLength(line) <= longestLine) {
		return {line, input: ''};
	}

	const encoded = Buffer.from(`set -- ${argv.map(word => quoteWord(word)).join(' ')}; ${script}`).toString('base64');
	return {
		line: `exec /bin/sh -c ${quoteWord(`PATH=\${PATH:+$PATH:}/usr/bin:/bin; ${readWords}`)}`,
		input: `${encoded}\n`,
	};
};
