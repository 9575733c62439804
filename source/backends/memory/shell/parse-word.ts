import {fail, metacharacters, type Source} from './source.js';
import {ShellSyntaxError, type WordPart} from './syntax.js';

const readArithmetic = (source: Source, quoted: boolean): WordPart => {
	const start = source.position;
	let depth = 0;
	for (; source.position < source.text.length; source.position++) {
		const character = source.text[source.position];
		if (character === '(') {
			depth++;
		} else if (character === ')' && depth > 0) {
			depth--;
		} else if (source.text.startsWith('))', source.position)) {
			const inner: Source = {...source, text: source.text.slice(start, source.position), position: 0};
			source.position += 2;
			const parts: WordPart[] = [];
			while (inner.position < inner.text.length) {
				parts.push(...inner.text[inner.position] === '$' ? [readDollar(inner, true)] : [{type: 'text' as const, text: inner.text[inner.position++]!, quoted: true}]);
			}

			return {type: 'arithmetic', text: parts, quoted};
		}
	}

	return fail('unterminated arithmetic');
};

const readBraced = (source: Source, quoted: boolean): WordPart => {
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
			fail('unterminated parameter');
		}

		word.push(...readPart(source, quoted, character => character === '}'));
	}

	source.position++;
	return {
		type: 'variable', name, operator: length === undefined ? operator : 'length', word, quoted,
	};
};

/** What begins with a dollar sign. */
const readDollar = (source: Source, quoted: boolean): WordPart => {
	source.position++;
	if (source.text.startsWith('((', source.position)) {
		source.position += 2;
		return readArithmetic(source, quoted);
	}

	if (source.text[source.position] === '(') {
		source.position++;
		return {type: 'command', script: source.grammar.parseScript(source, ')'), quoted};
	}

	if (source.text[source.position] === '{') {
		source.position++;
		return readBraced(source, quoted);
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

const readBackquotes = (source: Source, quoted: boolean): WordPart => {
	const end = source.text.indexOf('`', source.position + 1);
	if (end === -1) {
		return fail('unterminated command substitution');
	}

	const inner = source.text.slice(source.position + 1, end).replaceAll(/\\(?<escaped>[$\\`])/gv, '$<escaped>');
	source.position = end + 1;
	return {type: 'command', script: source.grammar.parseScript({
		...source, text: inner, position: 0, pending: [],
	}, ''), quoted};
};

const readDoubleQuoted = (source: Source): WordPart[] => {
	const parts: WordPart[] = [{type: 'text', text: '', quoted: true}];
	source.position++;
	for (;;) {
		const character = source.text[source.position];
		if (character === undefined) {
			return fail('unterminated quoted string');
		}

		if (character === '"') {
			source.position++;
			return parts;
		}

		if (character === '$') {
			parts.push(readDollar(source, true));
		} else if (character === '`') {
			parts.push(readBackquotes(source, true));
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
const readPart = (source: Source, quoted: boolean, isEnd: (character: string) => boolean): WordPart[] => {
	const character = source.text[source.position]!;
	switch (character) {
		case '\'': {
			if (quoted) {
				break;
			}

			const end = source.text.indexOf('\'', source.position + 1);
			if (end === -1) {
				return fail('unterminated quoted string');
			}

			const text = source.text.slice(source.position + 1, end);
			source.position = end + 1;
			return [{type: 'text', text, quoted: true}];
		}

		case '"': {
			return readDoubleQuoted(source);
		}

		case '\\': {
			const next = source.text[source.position + 1];
			source.position += 2;
			if (next === undefined) {
				return fail('unterminated escape');
			}

			return next === '\n' ? [] : [{type: 'text', text: next, quoted: true}];
		}

		case '$': {
			return [readDollar(source, quoted)];
		}

		case '`': {
			return [readBackquotes(source, quoted)];
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
export const readWord = (source: Source): readonly WordPart[] | undefined => {
	const isEnd = (character: string) => metacharacters.has(character);
	const parts: WordPart[] = [];
	const {position: start} = source;
	while (source.position < source.text.length && !isEnd(source.text[source.position]!)) {
		parts.push(...readPart(source, false, isEnd));
	}

	return source.position === start ? undefined : parts;
};

/** The text of a here-document, in which substitutions take place. */
export const readHereText = (text: string, around: Source): readonly WordPart[] => {
	const source: Source = {
		...around, text: `${text.replaceAll('"', String.raw`\"`)}"`, position: -1,
	};
	return readDoubleQuoted(source);
};
