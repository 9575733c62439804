import {
	metacharacters,
	readHereText,
	readWord,
	type Source,
} from './parse-word.js';
import {
	ShellSyntaxError,
	type AndOr,
	type Command,
	type Compound,
	type Pipeline,
	type Redirection,
	type Script,
	type Simple,
	type Word,
} from './syntax.js';

/** Here-documents whose text begins after the next line feed. */
type Pending = {readonly delimiter: string; readonly isQuoted: boolean; readonly stripsTabs: boolean; readonly redirection: {-readonly [Key in keyof Redirection]: Redirection[Key]}};

const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'while', 'until', 'for', 'in', 'do', 'done', 'case', 'esac', '{', '}', '!']);

/** More text could still make sense of it. */
const fail = (reason: string): never => {
	throw new ShellSyntaxError(`syntax error: ${reason}`, {incomplete: true});
};

const unexpected = (source: Source): never => {
	const rest = source.text.slice(source.position).trimStart();
	throw rest === ''
		? new ShellSyntaxError('syntax error: unexpected end of file', {incomplete: true})
		: new ShellSyntaxError(`syntax error: unexpected "${/^(?:;;|&&|\|\||\W|\w+)/v.exec(rest)?.[0].replace('\n', 'newline') ?? ''}"`);
};

/** The text of a word without quotes or substitutions; undefined for another word. */
const literalOf = (word: Word | undefined): string | undefined =>
	word?.every(part => part.type === 'text' && !part.quoted) ? word.map(part => part.type === 'text' ? part.text : '').join('') : undefined;

const createParser = () => {
	const pending: Pending[] = [];

	const readHereDocuments = (source: Source) => {
		for (const {delimiter, isQuoted, stripsTabs, redirection} of pending.splice(0)) {
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

			redirection.word = isQuoted ? [{type: 'text', text, quoted: true}] : readHereText(text, parseScript);
		}
	};

	/** Passes over blanks and comments, and with `lines` over line feeds. */
	const skip = (source: Source, {lines = false} = {}) => {
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

	const isAt = (source: Source, text: string) => source.text.startsWith(text, source.position);

	/** The reserved word that comes next, where it is one. */
	const nextReserved = (source: Source): string | undefined => {
		const match = /[!\{\}]|[a-z]+/vy;
		match.lastIndex = source.position;
		const word = match.exec(source.text)?.[0];
		const after = source.text[match.lastIndex];
		return word !== undefined && reserved.has(word) && (after === undefined || metacharacters.has(after)) ? word : undefined;
	};

	/** Whether a pattern begins after the blanks. */
	const comes = (source: Source, pattern: RegExp): boolean => {
		skip(source);
		const sticky = new RegExp(pattern.source, 'vy');
		sticky.lastIndex = source.position;
		return sticky.test(source.text);
	};

	const reservedThatComes = (source: Source): string | undefined => {
		skip(source, {lines: true});
		return nextReserved(source);
	};

	/** The word that comes next, where there has to be one. */
	const requireWord = (source: Source): Word => readWord(source, parseScript) ?? unexpected(source);

	const expect = (source: Source, word: string) => {
		skip(source, {lines: true});
		if (nextReserved(source) !== word) {
			unexpected(source);
		}

		source.position += word.length;
	};

	const parseRedirection = (source: Source): Redirection | undefined => {
		const match = /(?<descriptor>\d?)(?<operator><<-?|>>|>&|<&|&>|>\||<|>)(?!\()/vy;
		match.lastIndex = source.position;
		const groups = match.exec(source.text)?.groups;
		if (!groups) {
			return undefined;
		}

		const {operator = '', descriptor = ''} = groups;
		source.position = match.lastIndex;
		const isText = operator === '<<' && source.text[source.position] === '<';
		if (isText) {
			source.position++;
		}

		skip(source);
		const word = requireWord(source);
		const number = descriptor === '' ? (operator.startsWith('<') ? 0 : 1) : Number(descriptor);
		if (isText) {
			return {descriptor: number, operator: '<<<', word};
		}

		if (operator.startsWith('<<')) {
			const redirection = {descriptor: number, operator: 'here-document' as const, word};
			pending.push({
				delimiter: word.map(part => part.type === 'text' ? part.text : '').join(''), isQuoted: word.some(part => 'quoted' in part && part.quoted), stripsTabs: operator === '<<-', redirection,
			});
			return redirection;
		}

		switch (operator) {
			case '>|': {
				return {descriptor: number, operator: '>', word};
			}

			case '<&': {
				return {descriptor: number, operator: '>&', word};
			}

			case '&>': {
				return {descriptor: -1, operator: '>', word};
			}

			default: {
				return {descriptor: number, operator: operator as '<' | '>' | '>>' | '>&', word};
			}
		}
	};

	const parseRedirections = (source: Source): readonly Redirection[] => {
		const redirections: Redirection[] = [];
		for (;;) {
			skip(source);
			const redirection = parseRedirection(source);
			if (!redirection) {
				return redirections;
			}

			redirections.push(redirection);
		}
	};

	const assignmentOf = (word: Word): {readonly name: string; readonly word: Word} | undefined => {
		const [first] = word;
		const match = first?.type === 'text' && !first.quoted ? /^(?<name>[A-Z_a-z]\w*)=/v.exec(first.text) : undefined;
		return match && first?.type === 'text' ? {name: match.groups!['name']!, word: [{...first, text: first.text.slice(match[0].length)}, ...word.slice(1)]} : undefined;
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

			const word = readWord(source, parseScript);
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

	const parseIf = (source: Source): Compound => {
		const branches: Array<{readonly condition: Script; readonly body: Script}> = [];
		let word: string | undefined = 'if';
		while (word === 'if' || word === 'elif') {
			const condition = parseList(source);
			expect(source, 'then');
			branches.push({condition, body: parseList(source)});
			skip(source, {lines: true});
			word = nextReserved(source);
			source.position += word?.length ?? 0;
		}

		const otherwise = word === 'else' ? parseList(source) : undefined;
		if (word === 'else') {
			expect(source, 'fi');
		} else if (word !== 'fi') {
			unexpected(source);
		}

		return {type: 'if', branches, ...otherwise && {otherwise}};
	};

	const parseBody = (source: Source): Script => {
		expect(source, 'do');
		const body = parseList(source);
		expect(source, 'done');
		return body;
	};

	const parseFor = (source: Source): Compound => {
		skip(source);
		const name = literalOf(readWord(source, parseScript)) ?? unexpected(source);
		skip(source, {lines: true});
		let words: Word[] | undefined;
		if (nextReserved(source) === 'in') {
			source.position += 2;
			words = [];
			while (!comes(source, /[\n;]|$/v)) {
				words.push(requireWord(source));
			}
		}

		skip(source);
		if (isAt(source, ';')) {
			source.position++;
		}

		return {
			type: 'for', name, body: parseBody(source), ...words && {words},
		};
	};

	const parseCase = (source: Source): Compound => {
		skip(source);
		const word = requireWord(source);
		expect(source, 'in');
		const items: Array<{readonly patterns: readonly Word[]; readonly body: Script}> = [];
		while (reservedThatComes(source) !== 'esac') {
			if (isAt(source, '(')) {
				source.position++;
			}

			const patterns: Word[] = [];
			do {
				skip(source);
				patterns.push(requireWord(source));
				skip(source);
			} while (isAt(source, '|') && ++source.position);

			if (!isAt(source, ')')) {
				unexpected(source);
			}

			source.position++;
			items.push({patterns, body: parseList(source)});
			skip(source, {lines: true});
			if (isAt(source, ';;')) {
				source.position += 2;
			}
		}

		source.position += 'esac'.length;
		return {type: 'case', word, items};
	};

	const parseCompound = (source: Source): Compound | undefined => {
		if (isAt(source, '(')) {
			source.position++;
			return {type: 'group', subshell: true, body: parseScript(source, ')')};
		}

		const word = nextReserved(source) ?? '';
		switch (word) {
			case 'if': {
				source.position += 2;
				return parseIf(source);
			}

			case 'while':
			case 'until': {
				source.position += 5;
				const condition = parseList(source);
				return {
					type: 'loop', until: word === 'until', condition, body: parseBody(source),
				};
			}

			case 'for': {
				source.position += 3;
				return parseFor(source);
			}

			case 'case': {
				source.position += 4;
				return parseCase(source);
			}

			case '{': {
				source.position++;
				const body = parseList(source);
				expect(source, '}');
				return {type: 'group', subshell: false, body};
			}

			default: {
				return undefined;
			}
		}
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

	return (text: string): Script => {
		const script = parseScript({text, position: 0}, '');
		return pending.length === 0 ? script : fail('unterminated here-document');
	};
};

/** Reads a script. Throws `ShellSyntaxError`. */
export const parseShell = (text: string): Script => createParser()(text);
