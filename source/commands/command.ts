import {type Readable, type Writable} from 'node:stream';
import type {Engine} from '../engine/engine.js';
import {forOutput} from '../text/escape.js';

/** One flag, in meow's own words, with what the help says of it. */
export type Flag = {
	readonly type: 'boolean' | 'string';
	readonly shortFlag?: string;
	/** Other long names, such as `net` for `network`. */
	readonly aliases?: readonly string[];
	readonly isMultiple?: true;
	readonly default?: boolean | string;
	/** What stands for the value in the help, such as `PATH`. */
	readonly value?: string;
	readonly description: string;
};

/** Keys are camel case; on the command line they are kebab case. */
export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F extends {isMultiple: true}
	? readonly string[]
	: F extends {type: 'boolean'}
		? boolean
		: F extends {default: string} ? string : string | undefined;

export type FlagValues<Table extends FlagTable> = {readonly [Name in keyof Table]: FlagValue<Table[Name]>};

export type Input = Readable & {readonly isTTY?: boolean; readonly fd?: number; readonly setRawMode?: (isRaw: boolean) => unknown};
export type Output = Writable & {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number};

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

export type Command = {
	readonly summary: string;
	/**
	The arguments after the flags, such as `IMAGE [COMMAND] [ARG...]`: words in brackets may be left out, those with dots repeated. How many arguments are taken follows from it.
	*/
	readonly usage: string;
	readonly flags: FlagTable;
	/** The first argument ends the flags: what follows belongs to a program in the container. */
	readonly flagsEndAtFirstArgument?: boolean;
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
