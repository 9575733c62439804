import {checkLength, createCollector, emptyInput} from '../pipe.js';
import {inSubshell, type Run, type Shell} from './shell.js';
import {
	isAt,
	isEnd,
	notInDemo,
	take,
	unexpected,
	unterminated,
	type Source,
} from './source.js';

/** What a variable, a sum or a command gives. Outside of quotes it is split at blanks. */
type Substitution = {readonly isQuoted: boolean; readonly isCommand?: boolean; readonly textOf: (shell: Shell) => Promise<string>};

/** A word, in texts and in substitutions. */
export type Word = ReadonlyArray<string | Substitution>;

const partOf = async (shell: Shell, part: Word[number]): Promise<string> => typeof part === 'string' ? part : part.textOf(shell);

/** The text of a word that stays one word. Throws where it is too long. */
export const textOf = async (shell: Shell, word: Word): Promise<string> => {
	let text = '';
	for (const part of word) {
		text += await partOf(shell, part);
		checkLength(text.length);
	}

	return text;
};

/** The words that several become. */
export const wordsOf = async (shell: Shell, words: readonly Word[]): Promise<readonly string[]> => {
	const found: string[] = [];
	for (const word of words) {
		let current: string | undefined;
		for (const part of word) {
			const text = await partOf(shell, part);
			if (typeof part === 'string' || part.isQuoted) {
				current = (current ?? '') + text;
				continue;
			}

			for (const [index, field] of text.split(/[\t\n ]+/v).entries()) {
				if (index > 0 && current !== undefined) {
					found.push(current);
					current = undefined;
				}

				current = field === '' ? current : (current ?? '') + field;
			}
		}

		if (current !== undefined) {
			found.push(current);
		}
	}

	return found;
};

/** What commands write, without line feeds at the end. */
const outputOf = async (shell: Shell, run: Run): Promise<string> => {
	const output = createCollector();
	const files = {0: emptyInput, 1: output, 2: shell.invocation.stderr};
	shell.status = await inSubshell(shell, async inner => run(inner, files));
	const text = output.content().toString();
	let end = text.length;
	while (text[end - 1] === '\n') {
		end--;
	}

	return text.slice(0, end);
};

const valueOf = ({status, positional, lastJob, variables, invocation}: Shell, name: string): string => {
	const special: Readonly<Record<string, number | undefined>> = {'?': status, $: invocation.pid, '!': lastJob?.pid};
	return String((Object.hasOwn(special, name) ? special[name] : undefined) ?? (/^\d/v.test(name) ? positional[Number(name)] : variables.get(name)) ?? '');
};

/** Integers whose sums are exact. */
const integer = /^-?(?:0|[1-9]\d{0,14})$/v;

/** Reads the rest of `$((…))`: a sum of integers and variables. */
const readSum = (source: Source): Substitution['textOf'] => {
	const text = take(source, /[^\(\)]*(?=\)\))/vy) ?? (source.text.includes(')', source.position) ? undefined : unterminated('arithmetic'));
	source.position += 2;
	const terms = text?.split(/(?=[+\-])/v).map(term => /^(?<sign>[+\-]?)\s*(?:(?<number>0|[1-9]\d{0,14})|\$?(?<name>[A-Z_a-z]\w*))$/v.exec(term.trim())?.groups);
	if (!terms?.every(term => term !== undefined)) {
		throw notInDemo(`$((${text ?? '('}))`);
	}

	return async shell => {
		let sum = 0;
		for (const {sign, number, name = ''} of terms) {
			const value = number ?? (valueOf(shell, name).trim() || '0');
			if (!integer.test(value)) {
				throw notInDemo(`${name} with the value ${value.slice(0, 60)} in $(( ))`);
			}

			sum += Number(value) * (sign === '-' ? -1 : 1);
		}

		return String(sum);
	};
};

/** Reads what begins with a dollar sign. */
const readDollar = (source: Source, isQuoted: boolean): Word[number] => {
	source.position++;
	if (take(source, /\(\(/vy)) {
		return {isQuoted, textOf: readSum(source)};
	}

	if (take(source, /\(/vy)) {
		const run = source.readList(source);
		return take(source, /\)/vy) ? {isQuoted, isCommand: true, textOf: async shell => outputOf(shell, run)} : unexpected(source);
	}

	const isBraced = isAt(source, '{');
	const found = take(source, /\{(?:[A-Z_a-z]\w*|\d+|[!$?])\}|[A-Z_a-z]\w*|[\d!$?]/vy);
	if (found !== undefined) {
		const name = isBraced ? found.slice(1, -1) : found;
		return {isQuoted, textOf: async shell => valueOf(shell, name)};
	}

	if (isBraced && !source.text.includes('}', source.position)) {
		unterminated('parameter');
	}

	const foreign = take(source, isQuoted ? /\{[^\}]*\}|[#*@]/vy : /\{[^\}]*\}|["#'*@]/vy);
	if (foreign !== undefined) {
		throw notInDemo(`$${foreign}`);
	}

	return '$';
};

const readDoubleQuoted = (source: Source): Word => {
	const parts: Array<Word[number]> = [''];
	source.position++;
	while (!take(source, /"/vy)) {
		const plain = take(source, /[^"$\\`]+|\\(?![\n"$\\`])/vy) ?? take(source, /\\[\s\S]/vy)?.[1]?.replace('\n', '');
		if (plain !== undefined) {
			parts.push(plain);
		} else if (isAt(source, '`')) {
			throw notInDemo('`');
		} else {
			parts.push(isEnd(source) ? unterminated('quoted string') : readDollar(source, true));
		}
	}

	return parts;
};

/** Names of several files, several words and commands: they are refused, not taken literally. */
const foreign = /[*?`]|\[[^\[\]]+\]|\{[^\{\},]*,[^\{\}]*\}|\{\w+\.\.\w+\}/v;

/** Reads one quoted string, one substitution, or plain text. */
const readPart = (source: Source): Word => {
	const first = source.text[source.position]!;
	if (first === '"') {
		return readDoubleQuoted(source);
	}

	if (first === '$') {
		return [readDollar(source, false)];
	}

	if (first === '\'') {
		const string = take(source, /'[^']*'/vy) ?? unterminated('quoted string');
		return [string.slice(1, -1)];
	}

	if (first === '\\') {
		const escaped = take(source, /\\[\s\S]/vy) ?? unterminated('escape');
		return escaped === '\\\n' ? [] : [escaped.slice(1)];
	}

	const text = take(source, /`|[^\t\n "$'\(\);<>\\`\|\u{26}]+/vy)!;
	const pattern = foreign.exec(text)?.[0];
	if (pattern !== undefined) {
		throw notInDemo(pattern);
	}

	return [text];
};

/** Reads the word that begins here; undefined where none does. */
export const readWord = (source: Source): Word | undefined => {
	const start = source.position;
	const parts: Array<Word[number]> = [];
	if (isAt(source, '~')) {
		throw notInDemo('~');
	}

	while (!isEnd(source) && !/[\t\n \(\);<>\|\u{26}]/v.test(source.text[source.position]!)) {
		parts.push(...readPart(source));
	}

	return source.position === start ? undefined : parts;
};

/** Reads the word that has to come next. */
export const requireWord = (source: Source): Word => readWord(source) ?? unexpected(source);
