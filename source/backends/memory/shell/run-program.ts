import {HolmError} from '../../../engine/errors.js';
import type {Descriptors, Shell} from './shell-state.js';
import {interrupted} from './tasks.js';

const environmentOf = (shell: Shell, more: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
	new Map([...[...shell.exported].filter(name => shell.variables.has(name)).map(name => [name, shell.variables.get(name)!] as const), ...more]);

/** Runs a program that is not the shell's own, until it ends or is interrupted. */
export const runProgram = async (shell: Shell, words: readonly string[], variables: ReadonlyMap<string, string>, files: Descriptors, {replace = false} = {}): Promise<number> => {
	const {invocation} = shell;
	let program;
	try {
		program = invocation.host.findProgram(words[0]!, shell.directory);
	} catch (error) {
		if (!(error instanceof HolmError)) {
			throw error;
		}

		const isMissing = error.code === 'command-not-found';
		await files[2].write(`sh: ${words[0]}: ${isMissing ? 'not found' : 'Permission denied'}\n`);
		return isMissing ? 127 : 126;
	}

	const own = new AbortController();
	const over = AbortSignal.any([own.signal, invocation.signal, ...shell.foreground ? [shell.foreground.signal] : []]);
	const {promise: aborted, resolve: abort} = Promise.withResolvers<number>();
	const onAbort = () => {
		abort(interrupted);
	};

	over.addEventListener('abort', onAbort, {once: true});
	const entry = replace
		? undefined
		: invocation.host.enter({
			command: words,
			user: invocation.user,
			kill(number) {
				abort(128 + number);
				own.abort();
			},
		});
	shell.onEnter?.(entry?.pid ?? 1);
	try {
		return await Promise.race([aborted, program.run({
			...invocation,
			command: words,
			environment: environmentOf(shell, variables),
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
