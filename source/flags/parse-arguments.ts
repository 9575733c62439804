import meow from 'meow';
import {withHelpFlag, type Arguments, type ParsedArguments} from './flag-table.js';
import {kebabCase, splitArguments} from './split-arguments.js';

// The parser behind meow strips one pair of quotes from a value; the user's shell has already done so.
const protectQuotes = (flag: string): string => {
	const equals = flag.indexOf('=') + 1;
	const [first = '', last = ''] = [flag.at(equals), flag.at(-1)];
	const isQuoted = flag.length > equals + 1 && first === last && ['"', '\''].includes(first);
	if (isQuoted) {
		return `${flag.slice(0, equals)}${first}${flag.slice(equals)}${first}`;
	}

	// The parser would drop an empty value of a repeatable flag.
	return flag.length === equals ? `${flag}""` : flag;
};

/** The last value of a single flag wins, as in Docker. */
const lastOfEach = (flags: readonly string[], repeatable: ReadonlySet<string>) => {
	const nameOf = (flag: string) => flag.slice(0, flag.indexOf('='));
	const last = new Map(flags.map((flag, index) => [nameOf(flag), index]));
	return flags.filter((flag, index) => repeatable.has(nameOf(flag)) || last.get(nameOf(flag)) === index);
};

/** Parses the flags and arguments of one command. Throws `invalid` for unknown flags, missing values and malformed booleans. */
export const parseArguments = (
	argv: readonly string[],
	command: Pick<Arguments, 'flags' | 'refused' | 'flagsEndAtFirstArgument' | 'passesArguments'>,
	name: string,
): ParsedArguments => {
	if (argv.length === 1 && argv[0] === '-h') {
		return {help: true, flags: {}, input: []};
	}

	if (command.passesArguments) {
		return {help: argv.length === 1 && argv[0] === '--help', flags: {}, input: argv};
	}

	const table = withHelpFlag(command.flags);
	const split = splitArguments(argv, table, {name, refused: command.refused, flagsEndAtFirstArgument: command.flagsEndAtFirstArgument});
	const repeatable = new Set(Object.entries(table).filter(([, flag]) => flag.isMultiple).map(([key]) => `--${kebabCase(key)}`));
	const {flags: parsed} = meow({
		importMeta: import.meta,
		argv: lastOfEach(split.flags, repeatable).map(flag => protectQuotes(flag)),
		pkg: {name: 'holm'},
		description: false,
		autoHelp: false,
		autoVersion: false,
		// Aliases and short flags are already expanded.
		flags: Object.fromEntries(Object.entries(table).map(([key, {type, isMultiple, default: value}]) => [key, {
			type,
			...(isMultiple && {isMultiple}),
			...(value !== undefined && {default: value}),
		}])) as Record<string, {type: 'string'}>,
	});
	const {help, ...flags} = parsed as Record<string, unknown>;
	return {help: help === true, flags, input: split.input};
};
