import {parseCompound} from './parse-compound.js';
import {parseRedirection, parseRedirections} from './parse-redirection.js';
import {readWord} from './parse-word.js';
import {
	comes,
	isAt,
	nextReserved,
	skip,
} from './scan.js';
import {fail, unexpected, type Source} from './source.js';
import {
	literalOf,
	type AndOr,
	type Command,
	type Pipeline,
	type Redirection,
	type Script,
	type Simple,
	type Word,
} from './syntax.js';

const assignmentOf = (word: Word): {readonly name: string; readonly word: Word} | undefined => {
	const [first] = word;
	const match = first?.type === 'text' && !first.quoted ? /^(?<name>[A-Z_a-z]\w*)=/v.exec(first.text) : undefined;
	return match && first?.type === 'text' ? {name: match.groups!.name!, word: [{...first, text: first.text.slice(match[0].length)}, ...word.slice(1)]} : undefined;
};

const parseSimple = (source: Source): Command => {
	const assignments: Array<Simple['assignments'][number]> = [];
	const words: Word[] = [];
	const redirections: Redirection[] = [];
	for (;;) {
		skip(source);
		const redirection = parseRedirection(source);
		if (redirection) {
			redirections.push(redirection);
			continue;
		}

		const word = readWord(source);
		if (!word) {
			break;
		}

		const assignment = words.length === 0 ? assignmentOf(word) : undefined;
		if (assignment) {
			assignments.push(assignment);
		} else {
			words.push(word);
		}

		if (words.length === 1 && assignments.length === 0 && isAt(source, '()')) {
			source.position += 2;
			skip(source, {lines: true});
			return {
				type: 'function', name: literalOf(words[0]) ?? unexpected(source), body: parseCommand(source), redirections: [],
			};
		}
	}

	return words.length + assignments.length + redirections.length === 0
		? unexpected(source)
		: {
			type: 'simple', assignments, words, redirections,
		};
};

const parseCommand = (source: Source): Command => {
	skip(source);
	const compound = parseCompound(source);
	if (compound) {
		return {...compound, redirections: parseRedirections(source)};
	}

	return nextReserved(source) === undefined ? parseSimple(source) : unexpected(source);
};

const parsePipeline = (source: Source): Pipeline => {
	skip(source);
	const negated = nextReserved(source) === '!';
	if (negated) {
		source.position++;
	}

	const commands = [parseCommand(source)];
	while (comes(source, /\|(?!\|)/v)) {
		source.position++;
		skip(source, {lines: true});
		commands.push(parseCommand(source));
	}

	return {negated, commands};
};

const parseAndOr = (source: Source): AndOr => {
	const first = parsePipeline(source);
	const rest: Array<AndOr['rest'][number]> = [];
	while (comes(source, /&&|\|\|/v)) {
		const operator = isAt(source, '&&') ? '&&' : '||';
		source.position += 2;
		skip(source, {lines: true});
		rest.push({operator, pipeline: parsePipeline(source)});
	}

	const background = isAt(source, '&');
	if (background || (isAt(source, ';') && !isAt(source, ';;'))) {
		source.position++;
	}

	return {first, rest, background};
};

/** Commands up to a reserved word that ends them, a closing parenthesis, `;;` or the end. */
const parseList = (source: Source): Script => {
	const list: AndOr[] = [];
	for (;;) {
		skip(source, {lines: true});
		const word = nextReserved(source);
		if (source.position >= source.text.length || isAt(source, ')') || isAt(source, ';;') || (word !== undefined && !['if', 'while', 'until', 'for', 'case', '{', '!'].includes(word))) {
			return list;
		}

		list.push(parseAndOr(source));
	}
};

const parseScript = (source: Source, closing: string): Script => {
	const script = parseList(source);
	if (closing === '') {
		if (source.position < source.text.length) {
			unexpected(source);
		}
	} else if (isAt(source, closing)) {
		source.position++;
	} else {
		unexpected(source);
	}

	return script;
};

/** Reads a script. Throws `ShellSyntaxError`. */
export const parseShell = (text: string): Script => {
	const source: Source = {
		text, position: 0, pending: [], grammar: {parseScript, parseList, parseCommand},
	};
	const script = parseScript(source, '');
	return source.pending.length === 0 ? script : fail('unterminated here-document');
};
