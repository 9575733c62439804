import type {Arguments, FlagTable, ParsedArguments} from './flag-table.js';

/** The values of flags that are not given, as meow returns them. */
const defaultsOf = (flags: FlagTable): ParsedArguments['flags'] => Object.fromEntries(Object.entries(flags)
	.map(([key, {type, isMultiple, default: value}]): readonly [string, unknown] => [key, value ?? (isMultiple ? [] : (type === 'boolean' ? false : undefined))])
	.filter(([, value]) => value !== undefined));

/** Like `parseArguments`, but loads meow only for flags: it takes as much CPU time as the rest of a small command. */
export const parseCommandLine = async (argv: readonly string[], command: Pick<Arguments, 'flags' | 'flagsEndAtFirstArgument' | 'passesArguments'>, name: string): Promise<ParsedArguments> => {
	const words = command.flagsEndAtFirstArgument ? argv.slice(0, 1) : argv;
	const isPassed = command.passesArguments && !(argv.length === 1 && ['-h', '--help'].includes(argv[0]!));
	if (isPassed || words.every(word => !word.startsWith('-'))) {
		return {help: false, flags: defaultsOf(command.flags), input: argv};
	}

	const {parseArguments} = await import('./parse-arguments.js');
	return parseArguments(argv, command, name);
};
