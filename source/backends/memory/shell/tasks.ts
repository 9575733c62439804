import os from 'node:os';
import {ShellExit, type Shell} from './shell-state.js';

/** The exit status of what was interrupted from the terminal. */
export const interrupted = 128 + os.constants.signals.SIGINT;

/** How many subshells there may be at once. */
const mostTasks = 500;

/** Counts a subshell while it runs; throws when there are too many. */
export const asTask = async <Result>({tasks}: Shell, action: () => Promise<Result>): Promise<Result> => {
	if (tasks.count >= mostTasks) {
		throw new Error('can\'t fork: Resource temporarily unavailable');
	}

	tasks.count++;
	try {
		return await action();
	} finally {
		tasks.count--;
	}
};

/** Fails when the shell is told to stop, whatever it is at. */
export const checkStopped = ({invocation: {signal}, foreground}: Shell) => {
	if (signal.aborted) {
		throw new ShellExit('exit', 137);
	}

	if (foreground?.signal.aborted) {
		throw new ShellExit('exit', interrupted);
	}
};

/** The status that an error ends a shell with; throws any other error. */
export const withoutEnd = (error: unknown): number => {
	if (error instanceof ShellExit && error.kind === 'exit') {
		return error.value;
	}

	throw error;
};
