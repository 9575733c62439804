import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Input, Output} from '../pipe.js';
import {interrupted, type Invocation, type Process} from '../process.js';

/** The open files of a command: standard input, output and error. */
export type Descriptors = {readonly 0: Input; readonly 1: Output; readonly 2: Output};

/** A command or script as it runs; resolves with its exit status. */
export type Run = (shell: Shell, files: Descriptors) => Promise<number>;

/** The state of a shell between commands. A subshell has a copy. */
export type Shell = {
	readonly invocation: Invocation;
	readonly variables: Map<string, string>;
	/** `$0`, then `$1` and so on. */
	readonly positional: readonly string[];
	directory: string;
	status: number;
	/** By the number of the signal. */
	readonly traps: Map<number, Run>;
	/** Signals that arrived and whose traps have not run yet. */
	readonly caught: number[];
	/** Whether a trap runs now; the next ones wait for its end. */
	isInTrap: boolean;
	/** Ends a `wait`. */
	wake?: () => void;
	readonly jobs: Set<Process>;
	lastJob?: Process;
	/** Aborts what runs in the foreground of an interactive shell. */
	foreground?: AbortController;
	readonly isInteractive: boolean;
	readonly isSubshell: boolean;
};

/** Leaves the shell. */
export class ShellExit extends Error {
	readonly status: number;

	constructor(status: number) {
		super('exit');
		this.status = status;
	}
}

export const createShell = (invocation: Invocation, positional: readonly string[], isInteractive: boolean): Shell => ({
	invocation,
	variables: new Map([['PS1', String.raw`\w # `], ['PS2', '> '], ...invocation.environment, ['PWD', invocation.directory]]),
	positional,
	directory: invocation.directory,
	status: 0,
	traps: new Map(),
	caught: [],
	isInTrap: false,
	jobs: new Set(),
	isInteractive,
	isSubshell: false,
});

/** Aborts when the shell ends or what it runs in the foreground is interrupted. */
export const signalOf = ({invocation: {signal}, foreground}: Shell): AbortSignal =>
	foreground ? AbortSignal.any([signal, foreground.signal]) : signal;

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

/** Runs something to its end or to an `exit`; resolves with the exit status, and whether the shell is left. */
export const runToEnd = async (run: () => Promise<number>): Promise<{readonly status: number; readonly isOver: boolean}> => {
	try {
		return {status: await run(), isOver: false};
	} catch (error) {
		if (error instanceof ShellExit) {
			return {status: error.status, isOver: true};
		}

		throw error;
	}
};

/** Runs something in a subshell, whose changes stay in it; resolves with its exit status. */
export const inSubshell = async (shell: Shell, run: (inner: Shell) => Promise<number>): Promise<number> => {
	const inner: Shell = {
		...shell,
		variables: new Map(shell.variables),
		traps: new Map(),
		caught: [],
		isInTrap: false,
		jobs: new Set(),
		isInteractive: false,
		isSubshell: true,
	};
	return (await runToEnd(async () => run(inner))).status;
};

/** Throws `ShellExit` once the shell or its foreground was stopped. */
export const checkStopped = ({invocation: {signal}, foreground}: Shell): void => {
	if (signal.aborted || foreground?.signal.aborted) {
		throw new ShellExit(signal.aborted ? 137 : interrupted);
	}
};
