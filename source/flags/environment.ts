import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../engine/errors.js';
import {splitFirst} from './split-arguments.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** One variable: `KEY=value` as given; `KEY` with its value from the caller's environment, or nothing if it is unset. */
export const resolveVariable = (variable: string, environment: Environment): readonly string[] => {
	const [name = ''] = variable.split('=', 1);
	if (name === '' || /[\0\n]/v.test(name)) {
		throw new HolmError('invalid', `invalid environment variable "${variable}"`, {remedy: 'write KEY=value, or KEY to pass yours on'});
	}

	if (variable.includes('=')) {
		return [variable];
	}

	return environment[name] === undefined ? [] : [`${name}=${environment[name]}`];
};

/** The lines of a file of variables or labels, without blank lines, comments and leading white space. */
export const linesOfFile = (text: string): readonly string[] => text
	.replace(/^\u{FEFF}/v, '')
	.split(/\r?\n/v)
	.map(line => line.trimStart())
	.filter(line => line !== '' && !line.startsWith('#'));

/** The lines of a file that a flag names. */
export const readLines = async (flag: string, file: string, workingDirectory: string): Promise<readonly string[]> => {
	try {
		return linesOfFile(await readFile(path.resolve(workingDirectory, file), 'utf8'));
	} catch (error) {
		throw new HolmError('invalid', `cannot read ${file} of ${flag}: ${messageOf(error)}`, {remedy: 'check the path', cause: error});
	}
};

/** All variables of a container; the last one of a name wins, and `-e` wins over `--env-file`. */
export const mergeVariables = (variables: readonly string[], environment: Environment): readonly string[] =>
	new Map(variables.flatMap(variable => resolveVariable(variable, environment)).map(variable => [variable.split('=', 1)[0], variable])).values().toArray();

/** Parses `key=value` items into a record; undefined without any. Throws `invalid` for one without a key or value. */
export const parsePairs = (flag: string, values: readonly string[]): Readonly<Record<string, string>> | undefined => {
	const broken = values.find(value => !/^[^=]+=/v.test(value));
	if (broken !== undefined) {
		throw new HolmError('invalid', `invalid value "${broken}" for ${flag}`, {remedy: 'write KEY=VALUE'});
	}

	return values.length === 0 ? undefined : parseLabels(values, flag);
};

/** Parses `key=value` or `key` items into a record; throws `invalid`. */
export const parseLabels = (labels: readonly string[], flag = '--label'): Readonly<Record<string, string>> => Object.fromEntries(labels.map(label => {
	const [key, value = ''] = splitFirst(label, '=');
	if (key === '') {
		throw new HolmError('invalid', `invalid label "${label}" for ${flag}`, {remedy: 'write KEY=value'});
	}

	return [key, value];
}));
