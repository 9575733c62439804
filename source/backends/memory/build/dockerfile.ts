import {HolmError} from '../../../engine/errors.js';

/** One instruction of a Dockerfile. */
export type Instruction = {
	/** In upper case. */
	readonly name: string;
	/** Everything after the name, lines joined. */
	readonly text: string;
	/** The line it begins on. */
	readonly line: number;
};

const known = new Set(['ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'RUN', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']);
const foreign = new Set(['ADD', 'MAINTAINER', 'ONBUILD', 'SHELL']);

const refuse = (line: number, reason: string): never => {
	throw new HolmError('invalid', `dockerfile parse error on line ${line}: ${reason}`, {remedy: 'look at the Dockerfile'});
};

/** The error for what a Dockerfile may have and the demo does not build. */
export const notInDemo = (what: string): HolmError => new HolmError('unsupported', `${what} is not in the demo`, {remedy: 'build it with a real engine: holm system start'});

/** Reads a Dockerfile. Throws `invalid`, with the line, for what is not an instruction, and `unsupported` for what the demo does not build. */
export const parseDockerfile = (text: string): readonly Instruction[] => {
	const instructions: Instruction[] = [];
	const lines = text.split(/\r?\n/v);
	let begun = '';
	let begunAt = 0;
	for (const [index, line] of lines.entries()) {
		begunAt = begun === '' ? index + 1 : begunAt;
		const isContinued = /\\\s*$/v.test(line);
		// An empty line or a comment does not end an instruction that goes on.
		const isSkipped = line.trimStart().startsWith('#') || (begun !== '' && line.trim() === '');
		begun += isSkipped ? '' : line.replace(/\\\s*$/v, ' ');
		if ((isContinued || isSkipped) && index < lines.length - 1) {
			continue;
		}

		const whole = begun.trim();
		begun = '';
		if (whole === '') {
			continue;
		}

		const [word = ''] = whole.split(/\s/v, 1);
		const name = word.toUpperCase();
		const rest = whole.slice(word.length).trim();
		if (foreign.has(name) || (/<<-?["']?\w/v.test(rest) && ['RUN', 'COPY'].includes(name))) {
			throw notInDemo(`line ${begunAt} of the Dockerfile: ${foreign.has(name) ? name : 'a here-document'}`);
		}

		if (!known.has(name)) {
			refuse(begunAt, `unknown instruction: ${word.slice(0, 60)}`);
		}

		instructions.push({name, text: rest === '' ? refuse(begunAt, `${name} requires arguments`) : rest, line: begunAt});
	}

	if (instructions.length === 0) {
		throw new HolmError('invalid', 'the Dockerfile cannot be empty', {remedy: 'begin it with FROM'});
	}

	return instructions;
};

/** Replaces `$NAME` and `${NAME}`. Throws `unsupported` for what else `${…}` may have. */
export const substitute = (text: string, variables: ReadonlyMap<string, string>): string =>
	text.replaceAll(/\\\$|\$\{(?<braced>[^\}]*)\}|\$(?<bare>\w+)/gv, (whole, braced?: string, bare = '') => {
		const name = braced ?? String(bare);
		if (/\W/v.test(name)) {
			throw notInDemo(whole);
		}

		return whole === String.raw`\$` ? '$' : variables.get(name) ?? '';
	});

/** Splits words at blanks and removes quotes and backslashes. */
export const splitWords = (text: string): readonly string[] => {
	const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gv) ?? [];
	return words.map(word => word.replaceAll(/"(?<double>(?:\\.|[^"\\])*)"|'(?<single>[^']*)'|\\(?<escaped>.)/gv, (_whole, double?: string, single?: string, escaped?: string) =>
		double === undefined ? single ?? escaped ?? '' : double.replaceAll(/\\(?<character>["$\\])/gv, '$<character>')));
};

type Pair = readonly [key: string, value: string];

/** `KEY=value` pairs. */
export const pairsOf = ({name, text, line}: Instruction): readonly Pair[] => splitWords(text).map(word => {
	const end = word.indexOf('=');
	return end < 1
		? refuse(line, `${name} has ${JSON.stringify(word.slice(0, 60))} in place of name=value`)
		: [word.slice(0, end), word.slice(end + 1)];
});
