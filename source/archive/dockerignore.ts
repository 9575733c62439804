import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import {
	literally,
	many,
	manyExceptSlash,
	oneExceptSlash,
	parentMatcher,
	wildcardMatcher,
	type Wildcard,
} from '../text/wildcards.js';

type Pattern = {
	readonly exclusion: boolean;
	readonly text: string;
	/** Whether it matches a path or one of its parents. */
	readonly matches: (file: string) => boolean;
};

export type Ignore = {
	/** Whether a path, relative to the context and with `/` as separator, is ignored. */
	readonly ignores: (file: string) => boolean;
	/** Whether a `!` pattern may include anything below an ignored directory. */
	readonly mayInclude: (directory: string) => boolean;
};

const special = /[!#$%\u{26}\(\)*+,.\/:;<=>?@\[\\\]^`\{\|\}~]/gv;

/** One character of a list such as `a-z` or `^a-z`. Throws where a range is out of order. */
const oneOf = (list: string): Wildcard => {
	const isNegated = list.startsWith('^');
	const expression = new RegExp(`^[${isNegated ? '^' : ''}${list.slice(Number(isNegated)).replaceAll(special, String.raw`\$&`)}]$`, 'v');
	return {kind: 'one', accepts: character => expression.test(character)};
};

/** Reads a pattern of Go's `filepath.Match` with Docker's `**`, as moby/patternmatcher does. */
const wildcardsOf = (pattern: string): readonly Wildcard[] => {
	const characters = [...pattern];
	const wildcards: Wildcard[] = [];
	for (let index = 0; index < characters.length; index++) {
		const character = characters[index]!;
		const end = character === '[' ? characters.indexOf(']', index + 2) : -1;
		if (character === '*' && characters[index + 1] === '*') {
			index++;
			if (characters[index + 1] === '/') {
				index++;
				wildcards.push({kind: 'optional', count: 2}, many, literally('/'));
			} else {
				wildcards.push(many);
			}
		} else if (character === '*') {
			wildcards.push(manyExceptSlash);
		} else if (character === '?') {
			wildcards.push(oneExceptSlash);
		} else if (end !== -1) {
			wildcards.push(oneOf(characters.slice(index + 1, end).join('')));
			index = end;
		} else if (character === '\\' && index + 1 < characters.length) {
			index++;
			wildcards.push(literally(characters[index]!));
		} else {
			wildcards.push(literally(character));
		}
	}

	return wildcards;
};

const parsePattern = (line: string): Pattern => {
	const isExclusion = line.startsWith('!');
	const text = path.posix.normalize(isExclusion ? line.slice(1).trim() : line).replace(/^\/+/v, '').replace(/\/$/v, '');
	if (isExclusion && line.trim() === '!') {
		throw new HolmError('invalid', 'invalid pattern "!" in .dockerignore', {remedy: 'name what to include after it'});
	}

	try {
		return {exclusion: isExclusion, text, matches: parentMatcher(wildcardsOf(text))};
	} catch (error) {
		throw new HolmError('invalid', `invalid pattern "${line}" in .dockerignore`, {remedy: 'close its brackets', cause: error});
	}
};

/** The patterns of a `.dockerignore`, without blank lines and comments. Only a `#` in the first column starts a comment. */
const linesOf = (text: string): readonly string[] => text
	.replace(/^\u{FEFF}/v, '')
	.split(/\r?\n/v)
	.filter(line => !line.startsWith('#'))
	.map(line => line.trim())
	.filter(Boolean);

/** Parses a `.dockerignore`. The last pattern that matches a path or one of its parents decides. */
export const parseIgnore = (text: string): Ignore => {
	const patterns = linesOf(text).map(line => parsePattern(line)).filter(pattern => pattern.text !== '.');
	const exclusions = patterns.filter(pattern => pattern.exclusion);
	return {
		ignores(file) {
			let isIgnored = false;
			for (const {exclusion, matches} of patterns) {
				if (isIgnored === exclusion && matches(file)) {
					isIgnored = !exclusion;
				}
			}

			return isIgnored;
		},
		mayInclude(directory) {
			const depth = directory.split('/');
			return exclusions.some(({text: pattern}) => {
				const parts = pattern.split('/');
				// Compare the common components. After `**` anything may match.
				for (const [index, part] of depth.entries()) {
					const wanted = parts[index];
					if (wanted === undefined || wanted.includes('**')) {
						return wanted !== undefined || wildcardMatcher(wildcardsOf(pattern))(directory);
					}

					if (!wildcardMatcher(wildcardsOf(wanted))(part)) {
						return false;
					}
				}

				return true;
			});
		},
	};
};
