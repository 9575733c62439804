import type {DockerHost} from '../daemon/docker-host.js';
import type {Engine} from '../engine/engine.js';
import type {Arguments, FlagTable, FlagValues} from '../flags/flag-table.js';
import type {Input, Output} from '../terminal/streams.js';
import {forOutput} from '../text/escape.js';

/** Everything a command uses of its process, so that tests can replace it. */
export type Context = {
	/** Connects on the first call; a command that needs no engine never calls it. */
	readonly engine: () => Promise<Engine>;
	/** Connects to an engine only if it runs, and asks the user nothing. */
	readonly runningEngine: (options: {readonly root?: string; readonly host?: string}) => Promise<Engine>;
	/** Makes the engine available to programs that speak Docker's API. Close it after use. */
	readonly dockerHost: () => Promise<DockerHost>;
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly workingDirectory: string;
	/** Directory of the engine on this host, if given. */
	readonly root?: string;
	/** Address of another engine, if given. */
	readonly host?: string;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
};

/** A command's exit status; default 0. */
export type CommandResult = Promise<number | undefined>;

export type Command = Arguments & {
	/** The command exits with the status of a process in the container; Holm's own failures are 125 to 127. */
	readonly exitsAsProcess?: boolean;
	readonly run: (context: Context, flags: Readonly<Record<string, unknown>>, input: readonly string[]) => CommandResult;
};

type CommandDefinition<Table extends FlagTable> = Omit<Command, 'flags' | 'run'> & {
	readonly flags: Table;
	readonly run: (context: Context, flags: FlagValues<Table>, input: readonly string[]) => CommandResult;
};

/** Defines a command; `run` gets typed flags. */
export const defineCommand = <const Table extends FlagTable>(definition: CommandDefinition<Table>): Command & {
	readonly run: CommandDefinition<Table>['run'];
} => definition as never;

/** Prints lines to standard output, escaped for a terminal. */
export const print = ({stdout}: Pick<Context, 'stdout'>, line: string) => {
	stdout.write(`${forOutput(stdout, line)}\n`);
};

/** Prints lines to standard error. */
export const printError = ({stderr}: Pick<Context, 'stderr'>, line: string) => {
	stderr.write(`${forOutput(stderr, line)}\n`);
};
