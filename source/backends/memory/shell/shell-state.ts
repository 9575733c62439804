import type {Invocation} from '../process.js';
import type {LineReader, Output} from '../pipe.js';
import type {Command, Script} from './syntax.js';

/** The open files of a command: standard input, output and error. */
export type Descriptors = {readonly 0: LineReader; readonly 1: Output; readonly 2: Output};

/** What a shell keeps from one command to the next. A subshell has a copy. */
export type Shell = {
	readonly invocation: Invocation;
	readonly variables: Map<string, string>;
	readonly exported: Set<string>;
	readonly functions: Map<string, Command>;
	/** `$0`, then `$1` and so on. */
	positional: readonly string[];
	directory: string;
	status: number;
	options: {exitOnError: boolean; trace: boolean; failOnUnset: boolean};
	/** How many conditions it is in, whose failures end nothing, and how many functions. */
	tested: number;
	depth: number;
	/** Subshells that run now; the same for all of one shell. */
	readonly tasks: {count: number};
	readonly traps: Map<string, Script>;
	/** Signals that came and have a trap. */
	readonly caught: string[];
	/** Ends a wait for jobs. */
	wake?: () => void;
	readonly jobs: Set<Promise<number>>;
	/** The process of the last job, `$!`. */
	lastJob?: string;
	/** Told of the next process that is started. */
	onEnter?: (pid: number) => void;
	/** What runs in the foreground, for the keys that interrupt it. */
	foreground?: AbortController;
	readonly interactive: boolean;
	readonly isSubshell: boolean;
};

/** Leaves loops, functions or the shell. */
export class ShellExit extends Error {
	readonly kind: 'exit' | 'return' | 'break' | 'continue';
	readonly value: number;

	constructor(kind: ShellExit['kind'], value: number) {
		super(kind);
		this.kind = kind;
		this.value = value;
	}
}

/** A copy that what happens in a subshell does not go beyond. */
export const copyShell = (shell: Shell): Shell => ({
	...shell,
	variables: new Map(shell.variables),
	exported: new Set(shell.exported),
	functions: new Map(shell.functions),
	options: {...shell.options},
	traps: new Map(),
	caught: [],
	jobs: new Set(),
	interactive: false,
	isSubshell: true,
});

export const createShell = (invocation: Invocation, positional: readonly string[], interactive: boolean): Shell => ({
	invocation,
	variables: new Map([['IFS', ' \t\n'], ['PS1', String.raw`\w # `], ['PS2', '> '], ...invocation.environment, ['PWD', invocation.directory]]),
	exported: new Set([...invocation.environment.keys(), 'PWD']),
	functions: new Map(),
	positional,
	directory: invocation.directory,
	status: 0,
	options: {exitOnError: false, trace: false, failOnUnset: false},
	tested: 0,
	depth: 0,
	tasks: {count: 0},
	traps: new Map(),
	caught: [],
	jobs: new Set(),
	interactive,
	isSubshell: false,
});
