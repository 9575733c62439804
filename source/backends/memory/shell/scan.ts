import {readHereText, readWord} from './parse-word.js';
import {
	fail,
	metacharacters,
	unexpected,
	type Source,
} from './source.js';
import type {Word} from './syntax.js';

const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'while', 'until', 'for', 'in', 'do', 'done', 'case', 'esac', '{', '}', '!']);

const readHereDocuments = (source: Source) => {
	for (const {delimiter, isQuoted, stripsTabs, redirection} of source.pending.splice(0)) {
		let text = '';
		for (;;) {
			if (source.position >= source.text.length) {
				fail('unterminated here-document');
			}

			const end = source.text.indexOf('\n', source.position);
			const raw = source.text.slice(source.position, end === -1 ? undefined : end);
			const line = stripsTabs ? raw.replace(/^\t+/v, '') : raw;
			source.position = end === -1 ? source.text.length : end + 1;
			if (line === delimiter) {
				break;
			}

			text += `${line}\n`;
		}

		redirection.word = isQuoted ? [{type: 'text', text, quoted: true}] : readHereText(text, source);
	}
};

/** Passes over blanks and comments, and with `lines` over line feeds. */
export const skip = (source: Source, {lines = false} = {}) => {
	for (;;) {
		const match = /(?:[\t ]|\\\n)*(?:#[^\n]*)?/vy;
		match.lastIndex = source.position;
		match.exec(source.text);
		source.position = match.lastIndex;
		if (!lines || source.text[source.position] !== '\n') {
			return;
		}

		source.position++;
		readHereDocuments(source);
	}
};

export const isAt = (source: Source, text: string) => source.text.startsWith(text, source.position);

/** The reserved word that comes next, where it is one. */
export const nextReserved = (source: Source): string | undefined => {
	const match = /[!\{\}]|[a-z]+/vy;
	match.lastIndex = source.position;
	const word = match.exec(source.text)?.[0];
	const after = source.text[match.lastIndex];
	return word !== undefined && reserved.has(word) && (after === undefined || metacharacters.has(after)) ? word : undefined;
};

/** Whether a pattern begins after the blanks. */
export const comes = (source: Source, pattern: RegExp): boolean => {
	skip(source);
	const sticky = new RegExp(pattern.source, 'vy');
	sticky.lastIndex = source.position;
	return sticky.test(source.text);
};

/** As `nextReserved`, after blanks and line feeds. */
export const reservedThatComes = (source: Source): string | undefined => {
	skip(source, {lines: true});
	return nextReserved(source);
};

/** The word that comes next, where there has to be one. */
export const requireWord = (source: Source): Word => readWord(source) ?? unexpected(source);

/** Passes over a reserved word that has to come. */
export const expect = (source: Source, word: string) => {
	skip(source, {lines: true});
	if (nextReserved(source) !== word) {
		unexpected(source);
	}

	source.position += word.length;
};
