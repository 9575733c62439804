import {ShellSyntaxError, type Script, type WordPart} from './syntax.js';

/** Text that is being read, and how far. */
export type Source = {readonly text: string; position: number};

/** Reads commands up to a closing word or character. */
export type ParseScript = (source: Source, closing: string) => Script;

/** What ends a word. */
export const metacharacters: ReadonlySet<string> = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']);

const unfinished = (what: string): never => {
	throw new ShellSyntaxError(`syntax error: unterminated ${what}`, {incomplete: true});
};

const readArithmetic = (source: Source, quoted: boolean, parseScript: ParseScript): WordPart => {
	const start = source.position;
	let depth = 0;
	for (; source.position < source.text.length; source.position++) {
		const character = source.text[source.position];
		if (character === '(') {
			depth++;
		} else if (character === ')' && depth > 0) {
			depth--;
		} else if (source.text.startsWith('))', source.position)) {
			const inner: Source = {text: source.text.slice(start, source.position), position: 0};
			source.position += 2;
			const parts: WordPart[] = [];
			while (inner.position < inner.text.length) {
				parts.push(...inner.text[inner.position] === '$' ? [readDollar(inner, true, parseScript)] : [{type: 'text' as const, text: inner.text[inner.position++]!, quoted: true}]);
			}

			return {type: 'arithmetic', text: parts, quoted};
		}
	}

	return unfinished('arithmetic');
};

const readBraced = (source: Source, quoted: boolean, parseScript: ParseScript): WordPart => {
	const match = /(?<length>#(?=[\w*@]))?(?<name>\w+|[!#$*\-?@])(?<operator>:?[+\-=?]|##?|%%?)?/vy;
	match.lastIndex = source.position;
	const {length, name, operator = ''} = match.exec(source.text)?.groups ?? {};
	if (name === undefined) {
		throw new ShellSyntaxError('syntax error: bad substitution');
	}

	source.position = match.lastIndex;
	const word: WordPart[] = [];
	while (source.text[source.position] !== '}') {
		if (source.position >= source.text.length) {
			unfinished('parameter');
		}

		word.push(...readPart(source, quoted, parseScript, character => character === '}'));
	}

	source.position++;
	return {
		type: 'variable', name, operator: length === undefined ? operator : 'length', word, quoted,
	};
};

/** What begins with a dollar sign. */
const readDollar = (source: Source, quoted: boolean, parseScript: ParseScript): WordPart => {
	source.position++;
	if (source.text.startsWith('((', source.position)) {
		source.position += 2;
		return readArithmetic(source, quoted, parseScript);
	}

	if (source.text[source.position] === '(') {
		source.position++;
		return {type: 'command', script: parseScript(source, ')'), quoted};
	}

	if (source.text[source.position] === '{') {
		source.position++;
		return readBraced(source, quoted, parseScript);
	}

	const name = /^(?:[A-Z_a-z]\w*|[\d!#$*\-?@])/v.exec(source.text.slice(source.position))?.[0];
	if (name === undefined) {
		return {type: 'text', text: '$', quoted};
	}

	source.position += name.length;
	return {
		type: 'variable', name, operator: '', word: [], quoted,
	};
};

const readBackquotes = (source: Source, quoted: boolean, parseScript: ParseScript): WordPart => {
	const end = source.text.indexOf('`', source.position + 1);
	if (end === -1) {
		return unfinished('command substitution');
	}

	const inner = source.text.slice(source.position + 1, end).replaceAll(/\\(?<escaped>[$\\`])/gv, '$<escaped>');
	source.position = end + 1;
	return {type: 'command', script: parseScript({text: inner, position: 0}, ''), quoted};
};

const readDoubleQuoted = (source: Source, parseScript: ParseScript): WordPart[] => {
	const parts: WordPart[] = [{type: 'text', text: '', quoted: true}];
	source.position++;
	for (;;) {
		const character = source.text[source.position];
		if (character === undefined) {
			return unfinished('quoted string');
		}

		if (character === '"') {
			source.position++;
			return parts;
		}

		if (character === '$') {
			parts.push(readDollar(source, true, parseScript));
		} else if (character === '`') {
			parts.push(readBackquotes(source, true, parseScript));
		} else if (character === '\\' && /^\\[\n"$\\`]/v.test(source.text.slice(source.position, source.position + 2))) {
			const next = source.text[source.position + 1]!;
			source.position += 2;
			parts.push({type: 'text', text: next === '\n' ? '' : next, quoted: true});
		} else {
			source.position++;
			parts.push({type: 'text', text: character, quoted: true});
		}
	}
};

/** One character, quoted string or substitution of a word. */
const readPart = (source: Source, quoted: boolean, parseScript: ParseScript, isEnd: (character: string) => boolean): WordPart[] => {
	const character = source.text[source.position]!;
	switch (character) {
		case '\'': {
			if (quoted) {
				break;
			}

			const end = source.text.indexOf('\'', source.position + 1);
			if (end === -1) {
				return unfinished('quoted string');
			}

			const text = source.text.slice(source.position + 1, end);
			source.position = end + 1;
			return [{type: 'text', text, quoted: true}];
		}

		case '"': {
			return readDoubleQuoted(source, parseScript);
		}

		case '\\': {
			const next = source.text[source.position + 1];
			source.position += 2;
			if (next === undefined) {
				return unfinished('escape');
			}

			return next === '\n' ? [] : [{type: 'text', text: next, quoted: true}];
		}

		case '$': {
			return [readDollar(source, quoted, parseScript)];
		}

		case '`': {
			return [readBackquotes(source, quoted, parseScript)];
		}

		default: {
			break;
		}
	}

	let {position} = source;
	do {
		position++;
	} while (position < source.text.length && !isEnd(source.text[position]!) && !'\'"\\$`'.includes(source.text[position]!));

	const text = source.text.slice(source.position, position);
	source.position = position;
	return [{type: 'text', text, quoted}];
};

/** The word that begins here; undefined when none does. */
export const readWord = (source: Source, parseScript: ParseScript): readonly WordPart[] | undefined => {
	const isEnd = (character: string) => metacharacters.has(character);
	const parts: WordPart[] = [];
	const {position: start} = source;
	while (source.position < source.text.length && !isEnd(source.text[source.position]!)) {
		parts.push(...readPart(source, false, parseScript, isEnd));
	}

	return source.position === start ? undefined : parts;
};

/** The text of a here-document, in which substitutions take place. */
export const readHereText = (text: string, parseScript: ParseScript): readonly WordPart[] => {
	const source: Source = {text: `${text.replaceAll('"', String.raw`\"`)}"`, position: -1};
	return readDoubleQuoted(source, parseScript);
};
