import {HolmError} from '../../../engine/errors.js';

/** One instruction of a Dockerfile: its name in upper case, and everything after it, lines joined. */
export type Instruction = {readonly name: string; readonly text: string};

const known = new Set(['ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'RUN', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']);
const foreign = new Set(['ADD', 'MAINTAINER', 'ONBUILD', 'SHELL']);

const refuse = (reason: string): never => {
	throw new HolmError('invalid', `dockerfile parse error: ${reason}`, {remedy: 'look at the Dockerfile'});
};

/** The error for what a Dockerfile may have and the demo does not build. */
export const notInDemo = (what: string): HolmError => new HolmError('unsupported', `${what} is not in the demo`, {remedy: 'build it with a real engine: holm system start'});

const readInstruction = (line: string): Instruction => {
	const [word = ''] = line.split(/\s/v, 1);
	const [name, text] = [word.toUpperCase(), line.slice(word.length).trim()];
	if (foreign.has(name) || (/<<-?["']?\w/v.test(text) && ['RUN', 'COPY'].includes(name))) {
		throw notInDemo(foreign.has(name) ? name : `${name} with a here-document`);
	}

	if (!known.has(name)) {
		refuse(`unknown instruction: ${word.slice(0, 60)}`);
	}

	return {name, text: text === '' ? refuse(`${name} requires arguments`) : text};
};

/** Reads a Dockerfile. Throws `invalid` for what is not an instruction, and `unsupported` for what the demo does not build. */
export const parseDockerfile = (text: string): readonly Instruction[] => {
	// An empty line or a comment does not end an instruction that goes on.
	const lines = text.split(/\r?\n/v).filter(line => !/^\s*(?:#|$)/v.test(line));
	const whole = lines.join('\n').replaceAll(/\\[\t ]*(?:\n|$)/gv, ' ').split('\n').map(line => line.trim()).filter(line => line !== '');
	return whole.length === 0 ? refuse('the Dockerfile is empty') : whole.map(line => readInstruction(line));
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

/** `KEY=value` pairs. */
export const pairsOf = (name: string, text: string): ReadonlyArray<readonly [key: string, value: string]> => splitWords(text).map(word => {
	const end = word.indexOf('=');
	return end < 1
		? refuse(`${name} has ${JSON.stringify(word.slice(0, 60))} in place of name=value`)
		: [word.slice(0, end), word.slice(end + 1)];
});
