import type {ExecConfiguration} from '../../engine/execs.js';
import {HolmError} from '../../engine/errors.js';

/** Text of a client, quoted for a message: one line, at most 200 characters. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 200));

/** Throws `invalid`. */
export const refuse = (message: string, remedy: string): never => {
	throw new HolmError('invalid', message, {remedy});
};

/** Throws `invalid` for an argument with a zero byte, where the kernel would end it. */
export const validateArguments = (arguments_: readonly string[]): void => {
	const broken = arguments_.find(argument => argument.includes('\0'));
	if (broken !== undefined) {
		refuse(`invalid argument ${shown(broken)}: it has a zero byte`, 'write it into a file that the command reads');
	}
};

/** Throws `invalid` for a variable without a name or with a zero byte. */
export const validateEnvironment = (environment: readonly string[]): void => {
	const variable = environment.find(variable => /^=|^$|\0/v.test(variable));
	if (variable !== undefined) {
		refuse(`invalid environment variable: ${shown(variable)}`, 'write KEY=value');
	}
};

/** Throws `invalid` for a working directory that is not absolute. */
export const validateDirectory = (directory: string | undefined): void => {
	if (directory && (!directory.startsWith('/') || directory.includes('\0'))) {
		refuse(`the working directory ${shown(directory)} is invalid, it needs to be an absolute path`, 'begin it with /');
	}
};

/** Checks an exec's configuration as far as possible without looking at its container. Throws `invalid`. */
export const validateExec = ({command, environment, workingDirectory}: ExecConfiguration): void => {
	if (command.length === 0 || command[0] === '') {
		refuse('No exec command specified', 'name one after the container');
	}

	validateArguments(command);
	validateEnvironment(environment);
	validateDirectory(workingDirectory);
};
