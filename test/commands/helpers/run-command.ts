import type {Command, Context} from '../../../source/commands/command.js';
import {parseArguments} from '../../../source/flags/parse-arguments.js';

/** Runs a command with command-line arguments; resolves with its exit status. */
export const runCommand = async (command: Command, argv: readonly string[], context: Context): Promise<number> => {
	const {flags, input} = parseArguments(argv, command, 'test');
	return (await command.run(context, flags, input)) ?? 0;
};
