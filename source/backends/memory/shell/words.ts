import {Buffer} from 'node:buffer';
import {escapePattern, isPattern, matchFiles, unescapePattern} from '../glob.js';
import {brokenPipe, createLineReader, emptyInput, largestRead} from '../pipe.js';
import {evaluate} from './arithmetic.js';
import {inSubshell, type Run, type Shell} from './shell.js';
import {
	isAt,
	isEnd,
	notInDemo,
	ShellSyntaxError,
	take,
	unexpected,
	unterminated,
	type Source,
} from './source.js';

/**
A piece of a word. Plain text may be a pattern of file names; a value is also split at blanks; quoted text is neither. At a break one word ends and the next begins.
*/
type Piece = {readonly kind: 'plain' | 'value' | 'quoted' | 'break'; readonly text: string};

/** A word, in pieces and in substitutions that give pieces. */
export type Word = ReadonlyArray<Piece | ((shell: Shell) => Promise<readonly Piece[]>)>;

const piecesOf = async (shell: Shell, word: Word): Promise<readonly Piece[]> => {
	const pieces: Piece[] = [];
	for (const part of word) {
		// Spread arguments would overflow the stack.
		for (const piece of typeof part === 'function' ? await part(shell) : [part]) {
			pieces.push(piece);
		}
	}

	return pieces;
};

/** The text of a word that stays one word. Throws where it is too long. */
export const textOf = async (shell: Shell, word: Word): Promise<string> => {
	const pieces = await piecesOf(shell, word);
	if (pieces.reduce((length, {text}) => length + text.length, 0) > largestRead) {
		throw new ShellSyntaxError('out of memory');
	}

	return pieces.map(({kind, text}) => kind === 'break' ? ' ' : text).join('');
};

/** The words that one becomes: values split at blanks, patterns replaced by the files that match. */
const wordsOf = async (shell: Shell, word: Word): Promise<readonly string[]> => {
	const fields: string[] = [];
	let current: string | undefined;
	const end = () => {
		fields.push(...current === undefined ? [] : [current]);
		current = undefined;
	};

	for (const {kind, text} of await piecesOf(shell, word)) {
		if (kind === 'break') {
			end();
			current = '';
		} else if (kind === 'value') {
			for (const [index, part] of text.split(/[\t\n ]+/v).entries()) {
				if (index > 0) {
					end();
				}

				current = part === '' ? current : (current ?? '') + part.replaceAll('\\', '\\\\');
			}
		} else {
			current = (current ?? '') + (kind === 'quoted' ? escapePattern(text) : text);
		}
	}

	end();
	return fields.flatMap(pattern => {
		const found = isPattern(pattern) ? matchFiles(shell.invocation.host.files, shell.directory, pattern) : [];
		return found.length > 0 ? found : [unescapePattern(pattern)];
	});
};

/** The words that several become. */
export const allWordsOf = async (shell: Shell, words: readonly Word[]): Promise<string[]> => {
	const result: string[] = [];
	for (const word of words) {
		for (const text of await wordsOf(shell, word)) {
			result.push(text);
		}
	}

	return result;
};

/** What a script writes, without line feeds at the end. */
const outputOf = async (shell: Shell, script: Run): Promise<string> => {
	const chunks: Uint8Array[] = [];
	let length = 0;
	const output = {
		async write(data: string | Uint8Array) {
			const chunk = Buffer.from(data as string);
			length += chunk.length;
			if (length > largestRead) {
				throw brokenPipe();
			}

			chunks.push(chunk);
		},
	};
	const files = {0: createLineReader(emptyInput), 1: output, 2: shell.invocation.stderr};
	shell.status = await inSubshell(shell, async inner => script(inner, files));
	shell.hasSubstituted = true;
	const text = Buffer.concat(chunks).toString();
	let end = text.length;
	while (text[end - 1] === '\n') {
		end--;
	}

	return text.slice(0, end);
};

/** The value of a variable or a parameter; undefined for one that is not set. */
const valueOf = ({status, positional, lastJob, variables, invocation}: Shell, name: string): string | undefined => {
	const all = positional.length > 1 ? positional.slice(1).join(' ') : undefined;
	const special: Readonly<Record<string, string | undefined>> = {
		'?': String(status), $: String(invocation.pid), '#': String(positional.length - 1), '!': lastJob?.pid?.toString() ?? '', '@': all, '*': all,
	};
	return Object.hasOwn(special, name) ? special[name] : (/^\d/v.test(name) ? positional[Number(name)] : variables.get(name));
};

/** Whether a part of a word is within quotes: what its substitutions give. */
type Kind = 'quoted' | 'value';

const parameter = (name: string, kind: Kind): Word[number] => async shell => name === '@' && kind === 'quoted'
	? shell.positional.slice(1).flatMap((text, index) => [...index > 0 ? [{kind: 'break', text: ''} as const] : [], {kind: 'quoted', text} as const])
	: [{kind, text: valueOf(shell, name) ?? ''}];

/** Reads the rest of `${NAME}`, `${NAME-WORD}` or `${NAME+WORD}`, the latter two also with a colon. */
const readBraced = (source: Source, kind: Kind): Word[number] => {
	const name = take(source, /[A-Z_a-z]\w*|\d+|[!#$*?@]/vy) ?? '';
	const operator = take(source, /:?[+\-]/vy) ?? '';
	const next = source.text[source.position];
	if (next !== undefined && (name === '' || (operator === '' && next !== '}'))) {
		throw notInDemo(`\${${name}${next}`);
	}

	const word: Array<Word[number]> = [];
	while (!take(source, /\}/vy)) {
		word.push(...isEnd(source) ? unterminated('parameter') : readPart(source, kind, /[^"$'\\`\}]+|['\}]/vy));
	}

	if (operator === '') {
		return parameter(name, kind);
	}

	return async shell => {
		const value = valueOf(shell, name);
		const isMissing = value === undefined || (operator.startsWith(':') && value === '');
		if (operator.endsWith('-')) {
			return isMissing ? piecesOf(shell, word) : [{kind, text: value}];
		}

		return isMissing ? [] : piecesOf(shell, word);
	};
};

const readArithmetic = (source: Source, kind: Kind): Word[number] => {
	const word: Array<Word[number]> = [];
	let depth = 0;
	while (depth > 0 || !isAt(source, '))')) {
		const character = source.text[source.position] ?? unterminated('arithmetic');
		depth += Number(character === '(') - Number(character === ')');
		word.push(character === '$' ? readDollar(source, 'quoted') : {kind: 'quoted', text: character});
		source.position += Number(character !== '$');
	}

	source.position += 2;
	return async shell => [{kind, text: String(evaluate(await textOf(shell, word), name => valueOf(shell, name) ?? ''))}];
};

/** Reads what begins with a dollar sign. */
const readDollar = (source: Source, kind: Kind): Word[number] => {
	const opening = take(source, /\$(?:\(\(|[\(\{])?/vy);
	switch (opening ?? '$') {
		case '$((': {
			return readArithmetic(source, kind);
		}

		case '$(': {
			const script = source.readList(source);
			return take(source, /\)/vy) ? async shell => [{kind, text: await outputOf(shell, script)}] : unexpected(source);
		}

		case '${': {
			return readBraced(source, kind);
		}

		default: {
			const name = take(source, /[A-Z_a-z]\w*|[\d!#$*?@]/vy);
			if (name === undefined && kind === 'value' && /["']/v.test(source.text[source.position] ?? '')) {
				throw notInDemo(`$${source.text[source.position]!}`);
			}

			return name === undefined ? {kind: 'quoted', text: '$'} : parameter(name, kind);
		}
	}
};

const readDoubleQuoted = (source: Source): Word => {
	const parts: Array<Word[number]> = [];
	source.position++;
	while (!take(source, /"/vy)) {
		const plain = take(source, /[^"$\\`]+|\\(?![\n"$\\`])/vy);
		const escaped = plain === undefined ? take(source, /\\[\s\S]/vy)?.[1]?.replace('\n', '') : undefined;
		if (plain !== undefined || escaped !== undefined) {
			parts.push({kind: 'quoted', text: plain ?? escaped ?? ''});
		} else if (isAt(source, '`')) {
			throw notInDemo('`');
		} else {
			parts.push(isEnd(source) ? unterminated('quoted string') : readDollar(source, 'quoted'));
		}
	}

	// `""` is a word, too.
	return parts.length === 0 ? [{kind: 'quoted', text: ''}] : parts;
};

/** Reads one quoted string, one substitution, or the plain text that a pattern matches. */
const readPart = (source: Source, kind: Kind, plain: RegExp): Word => {
	switch (source.text[source.position] ?? '') {
		case '"': {
			return readDoubleQuoted(source);
		}

		case '$': {
			return [readDollar(source, kind)];
		}

		case '`': {
			throw notInDemo('`');
		}

		case '\\': {
			const escaped = take(source, /\\[\s\S]/vy) ?? unterminated('escape');
			return escaped === '\\\n' ? [] : [{kind: 'quoted', text: escaped[1]!}];
		}

		default: {
			if (kind === 'value' && isAt(source, '\'')) {
				const string = take(source, /'[^']*'/vy) ?? unterminated('quoted string');
				return [{kind: 'quoted', text: string.slice(1, -1)}];
			}

			return [{kind: kind === 'quoted' ? 'quoted' : 'plain', text: take(source, plain)!}];
		}
	}
};

/** Character classes, brace expansion and homes of other users: they are refused, not taken literally. */
const foreign = /\[[^\[\]]+\]|\{[^\{\},]*,[^\{\}]*\}|\{\w+\.\.\w+\}|^~[^\/]+/v;

/** What a tilde stands for. */
export const home: Word[number] = async shell => [{kind: 'quoted', text: shell.variables.get('HOME') ?? '/'}];

/** Reads the word that begins here; undefined where none does. */
export const readWord = (source: Source): Word | undefined => {
	const parts: Array<Word[number]> = [];
	const start = source.position;
	while (!isEnd(source) && !/[\t\n \(\);<>\|\u{26}]/v.test(source.text[source.position]!)) {
		parts.push(...readPart(source, 'value', /[^\t\n "$'\(\);<>\\`\|\u{26}]+/vy));
	}

	const match = parts.map(part => typeof part === 'object' && part.kind === 'plain' ? foreign.exec(part.text)?.[0] : undefined).find(found => found !== undefined);
	if (match !== undefined) {
		throw notInDemo(match);
	}

	const [first, ...rest] = parts;
	if (typeof first === 'object' && first.kind === 'plain' && /^~(?:\/|$)/v.test(first.text)) {
		return [home, {kind: 'plain', text: first.text.slice(1)}, ...rest];
	}

	return source.position === start ? undefined : parts;
};

/** Reads the word that has to come next. */
export const requireWord = (source: Source): Word => readWord(source) ?? unexpected(source);
