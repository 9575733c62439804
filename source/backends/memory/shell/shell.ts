import os from 'node:os';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {LineReader, Output} from '../pipe.js';
import type {Invocation} from '../process.js';

/** The open files of a command: standard input, output and error. */
export type Descriptors = {readonly 0: LineReader; readonly 1: Output; readonly 2: Output};

/** A command or script as it runs; resolves with its exit status. */
export type Run = (shell: Shell, files: Descriptors) => Promise<number>;

/** A background job. Its process id is known once it has started a program. */
export type Job = {pid?: number; readonly ended: Promise<number>};

/** The state of a shell between commands. A subshell has a copy. */
export type Shell = {
	readonly invocation: Invocation;
	readonly variables: Map<string, string>;
	readonly exported: Set<string>;
	/** `$0`, then `$1` and so on. */
	readonly positional: readonly string[];
	directory: string;
	status: number;
	/** Whether words had a command substitution, whose exit status stays. */
	hasSubstituted: boolean;
	/** As `set -e` sets it. */
	exitsOnError: boolean;
	/** How many conditions it is in, where a failure does not exit. */
	tested: number;
	/** How many loops it is in; a subshell starts outside of all. */
	loops: number;
	/** Subshells that run now, counted over all of one shell. */
	readonly tasks: {count: number};
	readonly traps: Map<string, Run>;
	/** Signals that arrived and whose traps have not run yet. */
	readonly caught: string[];
	/** Whether a trap runs now; the next ones wait for its end. */
	isInTrap: boolean;
	/** Ends a `wait`. */
	wake?: () => void;
	readonly jobs: Set<Job>;
	lastJob?: Job;
	/** Receives the process id of the next program. */
	onEnter?: (pid: number) => void;
	/** Aborts what runs in the foreground of an interactive shell. */
	foreground?: AbortController;
	readonly isInteractive: boolean;
	readonly isSubshell: boolean;
};

/** Leaves a loop or the shell. `value` is the number of loops, or the exit status. */
export class ShellExit extends Error {
	readonly kind: 'exit' | 'break' | 'continue';
	readonly value: number;

	constructor(kind: ShellExit['kind'], value: number) {
		super(kind);
		this.kind = kind;
		this.value = value;
	}
}

export const createShell = (invocation: Invocation, positional: readonly string[], isInteractive: boolean): Shell => ({
	invocation,
	variables: new Map([['PS1', String.raw`\w # `], ['PS2', '> '], ...invocation.environment, ['PWD', invocation.directory]]),
	exported: new Set([...invocation.environment.keys(), 'PWD']),
	positional,
	directory: invocation.directory,
	status: 0,
	hasSubstituted: false,
	exitsOnError: false,
	tested: 0,
	loops: 0,
	tasks: {count: 0},
	traps: new Map(),
	caught: [],
	isInTrap: false,
	jobs: new Set(),
	isInteractive,
	isSubshell: false,
});

/** The shell of a subshell: its changes stay in it. */
export const copyShell = (shell: Shell): Shell => ({
	...shell,
	variables: new Map(shell.variables),
	exported: new Set(shell.exported),
	loops: 0,
	traps: new Map(),
	caught: [],
	isInTrap: false,
	jobs: new Set(),
	isInteractive: false,
	isSubshell: true,
});

/** The exit status after an interrupt from the terminal. */
export const interrupted = 128 + os.constants.signals.SIGINT;

/** How long all shells together may run before the event loop has its turn. */
const longestTurnMs = 10;

let lastTurnAt = 0;
let turn: Promise<void> | undefined;

const takeTurn = async () => {
	await nextTurn();
	lastTurnAt = performance.now();
	turn = undefined;
};

/** Lets the event loop have its turn when it is due: commands without input and output would block it. */
export const breathe = async (): Promise<void> => {
	if (performance.now() - lastTurnAt > longestTurnMs) {
		// One turn for all shells that wait: with one each, a hundred shells would block for a hundred times as long.
		turn ??= takeTurn();
		await turn;
	}
};

/** How many subshells may run at once. */
const mostTasks = 500;

/** Runs something in a subshell; resolves with its exit status. Throws when there are too many. */
export const inSubshell = async (shell: Shell, run: (inner: Shell) => Promise<number>): Promise<number> => {
	const {tasks} = shell;
	if (tasks.count >= mostTasks) {
		throw new Error('can\'t fork: Resource temporarily unavailable');
	}

	tasks.count++;
	try {
		return await run(copyShell(shell));
	} catch (error) {
		if (error instanceof ShellExit && error.kind === 'exit') {
			return error.value;
		}

		throw error;
	} finally {
		tasks.count--;
	}
};

/** Throws `ShellExit` once the shell or its foreground was stopped. */
export const checkStopped = ({invocation: {signal}, foreground}: Shell): void => {
	if (signal.aborted || foreground?.signal.aborted) {
		throw new ShellExit('exit', signal.aborted ? 137 : interrupted);
	}
};
