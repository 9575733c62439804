import type {ExecConfiguration} from '../../engine/execs.js';
import {HolmError} from '../../engine/errors.js';

/** A text of a client's as a message shows it: on one line, and not all of it. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 200));

/** Throws `invalid`. */
export const refuse = (message: string, remedy: string): never => {
	throw new HolmError('invalid', message, {remedy});
};

/** Refuses what the kernel cannot hand to a program: its arguments end at their first zero byte. */
export const validateArguments = (arguments_: readonly string[]): void => {
	const broken = arguments_.find(argument => argument.includes('\0'));
	if (broken !== undefined) {
		refuse(`invalid argument ${shown(broken)}: it has a zero byte`, 'write it into a file that the command reads');
	}
};

/** Refuses variables without a name and those with a zero byte. */
export const validateEnvironment = (environment: readonly string[]): void => {
	const variable = environment.find(variable => /^=|^$|\0/v.test(variable));
	if (variable !== undefined) {
		refuse(`invalid environment variable: ${shown(variable)}`, 'write KEY=value');
	}
};

/** Refuses a directory to work in that is not absolute. */
export const validateDirectory = (directory: string | undefined): void => {
	if (directory && (!directory.startsWith('/') || directory.includes('\0'))) {
		refuse(`the working directory ${shown(directory)} is invalid, it needs to be an absolute path`, 'begin it with /');
	}
};

/** Checks everything of a command for a running container that can be checked without knowing the container. */
export const validateExec = ({command, environment, workingDirectory}: ExecConfiguration): void => {
	if (command.length === 0 || command[0] === '') {
		refuse('No exec command specified', 'name one after the container');
	}

	validateArguments(command);
	validateEnvironment(environment);
	validateDirectory(workingDirectory);
};
