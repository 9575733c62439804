import path from 'node:path';
import {HolmError} from '../engine/errors.js';

type Pattern = {readonly exclusion: boolean; readonly text: string; readonly regex: RegExp};

export type Ignore = {
	/** Whether a path, relative to the context and with `/` as separator, is ignored. */
	readonly ignores: (file: string) => boolean;
	/** Whether a `!` pattern may include anything below an ignored directory. */
	readonly mayInclude: (directory: string) => boolean;
};

const special = /[$\(\)*+.?\[\\\]^\{\|\}]/gv;

/** Translates a pattern of Go's `filepath.Match` with Docker's `**`, as moby/patternmatcher does. */
const regexOf = (pattern: string): RegExp => {
	let source = '';
	for (let index = 0; index < pattern.length; index++) {
		const character = pattern[index]!;
		if (pattern.startsWith('**', index)) {
			index++;
			if (pattern[index + 1] === '/') {
				index++;
				source += '(?:.*/)?';
			} else {
				source += '.*';
			}
		} else if (character === '*') {
			source += String.raw`[^\/]*`;
		} else if (character === '?') {
			source += String.raw`[^\/]`;
		} else if (character === '[' && pattern.includes(']', index + 2)) {
			const end = pattern.indexOf(']', index + 2);
			const content = pattern.slice(index + 1, end);
			source += `[${content.startsWith('^') ? '^' : ''}${content.replace(/^\^/v, '').replaceAll(/[!#$%\u{26}\(\)*+,.\/:;<=>?@\[\\\]^`\{\|\}~]/gv, String.raw`\$&`)}]`;
			index = end;
		} else if (character === '\\' && index + 1 < pattern.length) {
			index++;
			source += pattern[index]!.replaceAll(special, String.raw`\$&`);
		} else {
			source += character.replaceAll(special, String.raw`\$&`);
		}
	}

	return new RegExp(`^${source}$`, 'sv');
};

const parsePattern = (line: string): Pattern => {
	const isExclusion = line.startsWith('!');
	const text = path.posix.normalize(isExclusion ? line.slice(1).trim() : line).replace(/^\/+/v, '').replace(/\/$/v, '');
	if (isExclusion && line.trim() === '!') {
		throw new HolmError('invalid', 'invalid pattern "!" in .dockerignore', {remedy: 'name what to include after it'});
	}

	try {
		return {exclusion: isExclusion, text, regex: regexOf(text)};
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

const withParents = (file: string): readonly string[] => {
	const parts = file.split('/');
	return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Parses a `.dockerignore`. The last pattern that matches a path or one of its parents decides. */
export const parseIgnore = (text: string): Ignore => {
	const patterns = linesOf(text).map(line => parsePattern(line)).filter(pattern => pattern.text !== '.');
	const exclusions = patterns.filter(pattern => pattern.exclusion);
	return {
		ignores(file) {
			const places = withParents(file);
			let isIgnored = false;
			for (const {exclusion, regex} of patterns) {
				if (isIgnored === exclusion && places.some(place => regex.test(place))) {
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
						return wanted !== undefined || regexOf(pattern).test(directory);
					}

					if (!regexOf(wanted).test(part)) {
						return false;
					}
				}

				return true;
			});
		},
	};
};
