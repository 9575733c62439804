import {HolmError} from '../../../engine/errors.js';

/** One instruction of a Dockerfile. */
export type Instruction = {
	/** In upper case. */
	readonly name: string;
	/** Everything after the name, lines joined. */
	readonly text: string;
	readonly line: number;
};

const known = new Set(['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']);

const refuse = (line: number, reason: string): never => {
	throw new HolmError('invalid', `dockerfile parse error on line ${line}: ${reason}`, {remedy: 'look at the Dockerfile'});
};

/** Reads a Dockerfile. Throws `invalid`, naming the line, for what is no instruction. */
export const parseDockerfile = (text: string): readonly Instruction[] => {
	const instructions: Instruction[] = [];
	let begun = '';
	let begunAt = 0;
	for (const [index, line] of `${text}\n`.split(/\r?\n/v).entries()) {
		const isComment = line.trimStart().startsWith('#');
		// An empty line or a comment does not end an instruction that goes on.
		if (isComment || (begun !== '' && line.trim() === '' && index < text.split('\n').length)) {
			continue;
		}

		if (begun === '') {
			begunAt = index + 1;
		}

		if (/\\\s*$/v.test(line)) {
			begun += `${line.replace(/\\\s*$/v, '')} `;
			continue;
		}

		const whole = (begun + line).trim();
		begun = '';
		if (whole === '') {
			continue;
		}

		const [word = ''] = whole.split(/\s/v, 1);
		const name = word.toUpperCase();
		if (!known.has(name)) {
			refuse(begunAt, `unknown instruction: ${word.slice(0, 60)}`);
		}

		const rest = whole.slice(word.length).trim();
		if (rest === '') {
			refuse(begunAt, `${name} requires arguments`);
		}

		if (/<<-?["']?\w/v.test(rest) && ['RUN', 'COPY', 'ADD'].includes(name)) {
			throw new HolmError('unsupported', `line ${begunAt} of the Dockerfile has a here-document, which an engine in memory does not read`, {remedy: 'use a file of the context'});
		}

		instructions.push({name, text: rest, line: begunAt});
	}

	if (instructions.length === 0) {
		throw new HolmError('invalid', 'the Dockerfile cannot be empty', {remedy: 'begin it with FROM'});
	}

	return instructions;
};

/** The words of an instruction in exec form, `["a", "b"]`; undefined when it is in shell form. */
export const execForm = (text: string): readonly string[] | undefined => {
	if (!text.startsWith('[')) {
		return undefined;
	}

	try {
		const words: unknown = JSON.parse(text);
		return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : undefined;
	} catch {
		return undefined;
	}
};

/** `${NAME}`, `$NAME`, `${NAME:-word}` and `${NAME:+word}` with what variables say. */
export const substitute = (text: string, variables: ReadonlyMap<string, string>): string =>
	text.replaceAll(/\\\$|\$\{(?<braced>\w+)(?:(?<operator>:[+\-])(?<word>[^\}]*))?\}|\$(?<bare>\w+)/gv, (...match) => {
		const {braced, bare, operator, word = ''} = match.at(-1) as {readonly braced?: string; readonly bare?: string; readonly operator?: string; readonly word?: string};
		if (braced === undefined && bare === undefined) {
			return '$';
		}

		const value = variables.get(braced ?? bare ?? '') ?? '';
		if (operator === ':-') {
			return value === '' ? word : value;
		}

		return operator === ':+' && value !== '' ? word : (operator === ':+' ? '' : value);
	});

/** Words apart at spaces, with quotes and backslashes taken away. */
export const splitWords = (text: string): readonly string[] => {
	const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gv) ?? [];
	return words.map(word => word.replaceAll(/"(?<double>(?:\\.|[^"\\])*)"|'(?<single>[^']*)'|\\(?<escaped>.)/gv, (_whole, double?: string, single?: string, escaped?: string) =>
		double === undefined ? single ?? escaped ?? '' : double.replaceAll(/\\(?<character>["$\\])/gv, '$<character>')));
};

/** `KEY=value` pairs, or the older form `KEY value`. */
export const pairsOf = ({name, text, line}: Instruction): ReadonlyArray<readonly [key: string, value: string]> => {
	const words = splitWords(text);
	if (words[0] !== undefined && !words[0].includes('=')) {
		return words.length < 2 ? refuse(line, `${name} must have two arguments`) : [[words[0], text.slice(text.indexOf(words[0]) + words[0].length).trim()]];
	}

	return words.map(word => {
		const end = word.indexOf('=');
		return end < 1 ? refuse(line, `syntax error: can't find = in ${JSON.stringify(word.slice(0, 60))}. Must be of the form: name=value`) : [word.slice(0, end), word.slice(end + 1)];
	});
};
