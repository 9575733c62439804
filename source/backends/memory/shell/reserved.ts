import type {Run} from './shell.js';
import {
	isAt,
	isEnd,
	notInDemo,
	skipLines,
	unexpected,
	type Source,
} from './source.js';

const openers = new Set(['if', 'while', 'until', 'for', '{', '!']);
/** Reserved words that end a list of commands. */
const closers = new Set(['then', 'elif', 'else', 'fi', 'do', 'done', '}']);
const foreignWords = new Set(['case', 'esac', 'function', 'select', '[[']);

/** The reserved word here, if there is one. */
export const reservedAt = ({text, position}: Source): string => {
	const word = /^(?:[!\{\}]|\[\[|[a-z]+)(?=[\t\n \(\);<>\|\u{26}]|$)/v.exec(text.slice(position, position + 12))?.[0] ?? '';
	if (foreignWords.has(word)) {
		throw notInDemo(word);
	}

	return openers.has(word) || closers.has(word) ? word : '';
};

/** Reads the one of some reserved words that has to come next. */
export const expect = (source: Source, ...words: readonly string[]): string => {
	skipLines(source);
	const word = reservedAt(source);
	source.position += words.includes(word) ? word.length : unexpected(source);
	return word;
};

/** Whether a list of commands ends here. */
export const isListEnd = (source: Source): boolean => isEnd(source) || isAt(source, ')') || closers.has(reservedAt(source));

/** Reads a list that may not be empty. */
export const requireList = (source: Source): Run => {
	skipLines(source);
	return isListEnd(source) ? unexpected(source) : source.readList(source);
};
