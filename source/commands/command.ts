import type {Engine} from '../engine/engine.js';
import type {Arguments, FlagTable, FlagValues} from '../flags/flag-table.js';
import type {Input, Output} from '../terminal/streams.js';
import {forOutput} from '../text/escape.js';

/** What a command is given to work with, so that tests can give it something else. */
export type Context = {
	/** Connects on the first call; a command that needs no engine never calls it. */
	readonly engine: () => Promise<Engine>;
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly workingDirectory: string;
	/** Directory of the engine on this host, where one was named. */
	readonly root?: string;
	/** Address of another engine, where one was named. */
	readonly host?: string;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
};

/** What a command resolves with: its exit status, 0 where it says nothing. */
export type CommandResult = Promise<number | undefined>;

export type Command = Arguments & {
	readonly summary: string;
	/** The exit status is the one of a process in the container, so Holm's own failures take 125 to 127. */
	readonly exitsAsProcess?: boolean;
	readonly run: (context: Context, flags: Readonly<Record<string, unknown>>, input: readonly string[]) => CommandResult;
};

type CommandDefinition<Table extends FlagTable> = Omit<Command, 'flags' | 'run'> & {
	readonly flags: Table;
	readonly run: (context: Context, flags: FlagValues<Table>, input: readonly string[]) => CommandResult;
};

/** A command whose `run` sees its flags with their types. */
export const defineCommand = <const Table extends FlagTable>(definition: CommandDefinition<Table>): Command & {
	readonly run: CommandDefinition<Table>['run'];
} => definition as never;

/** Writes a line, or several, to standard output; a terminal obeys nothing of them. */
export const print = ({stdout}: Pick<Context, 'stdout'>, line: string) => {
	stdout.write(`${forOutput(stdout, line)}\n`);
};

/** The same to standard error. */
export const printError = ({stderr}: Pick<Context, 'stderr'>, line: string) => {
	stderr.write(`${forOutput(stderr, line)}\n`);
};
