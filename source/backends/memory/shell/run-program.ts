import {HolmError} from '../../../engine/errors.js';
import {interrupted, type Descriptors, type Shell} from './shell.js';

type ProgramCall = {
	/** The name, then its arguments. */
	readonly words: readonly string[];
	/** Variables of this command alone. */
	readonly variables: ReadonlyMap<string, string>;
	readonly files: Descriptors;
	/** The program replaces the shell, as with `exec`. */
	readonly replace?: boolean;
};

/** Runs a program until it ends or is interrupted. */
export const runProgram = async (shell: Shell, {words, variables, files, replace = false}: ProgramCall): Promise<number> => {
	const {invocation} = shell;
	const name = words[0]!;
	let program;
	try {
		program = invocation.host.findProgram(name, shell.directory);
	} catch (error) {
		if (!(error instanceof HolmError)) {
			throw error;
		}

		const isMissing = error.code === 'command-not-found';
		await files[2].write(`sh: ${name}: ${isMissing ? (name.includes('/') ? 'not found' : 'not in the demo') : 'Permission denied'}\n`);
		return isMissing ? 127 : 126;
	}

	const own = new AbortController();
	const over = AbortSignal.any([own.signal, invocation.signal, ...shell.foreground ? [shell.foreground.signal] : []]);
	const {promise: aborted, resolve: abort} = Promise.withResolvers<number>();
	const onAbort = () => {
		abort(interrupted);
	};

	const entry = replace ? undefined : invocation.host.enter({
		command: words,
		user: invocation.user,
		kill(number) {
			if (number > 0) {
				abort(128 + number);
				own.abort();
			}
		},
	});
	over.addEventListener('abort', onAbort, {once: true});
	const pid = entry?.pid ?? invocation.pid;
	shell.onEnter?.(pid);
	const exported = [...shell.exported].map(variable => [variable, shell.variables.get(variable) ?? ''] as const);
	try {
		return await Promise.race([aborted, program.run({
			...invocation,
			pid,
			command: words,
			environment: new Map([...exported, ...variables]),
			directory: shell.directory,
			stdin: files[0],
			stdout: files[1],
			stderr: files[2],
			terminal: invocation.terminal && files[1] === invocation.stdout,
			signal: over,
			onSignal: replace ? invocation.onSignal : () => () => undefined,
		})]);
	} finally {
		entry?.leave();
		over.removeEventListener('abort', onAbort);
	}
};
