import os from 'node:os';
import {messageOf} from '../../../engine/errors.js';
import {isFileError} from '../file-node.js';
import {
	createLineReader,
	createPipe,
	emptyInput,
	isBrokenPipe,
} from '../pipe.js';
import {builtins} from './builtins.js';
import {createExpander} from './expand.js';
import {redirect} from './redirect.js';
import {runCompound} from './run-compound.js';
import {runProgram} from './run-program.js';
import {
	copyShell,
	ShellExit,
	type Descriptors,
	type Shell,
} from './shell-state.js';
import type {
	AndOr,
	Command,
	Pipeline,
	Script,
	Simple,
} from './syntax.js';
import {asTask, checkStopped, withoutEnd} from './tasks.js';

/** How often calls may be within each other. */
const deepest = 200;

const runScript = async (shell: Shell, script: Script, files: Descriptors): Promise<number> => {
	for (const entry of script) {
		await runEntry(shell, entry, files);
	}

	return shell.status;
};

const expander = createExpander(async (shell, script, output) => {
	const inner = copyShell(shell);
	try {
		await asTask(shell, async () => runScript(inner, script, {0: createLineReader(emptyInput), 1: output, 2: shell.invocation.stderr}));
	} catch (error) {
		inner.status = withoutEnd(error);
	}

	shell.status = inner.status;
});

const {textOf, wordsOf} = expander;

const runFunction = async (shell: Shell, body: Command, words: readonly string[], files: Descriptors): Promise<number> => {
	const {positional} = shell;
	if (shell.depth >= deepest) {
		throw new Error('maximum function nesting level exceeded');
	}

	shell.depth++;
	shell.positional = [positional[0]!, ...words.slice(1)];
	try {
		return await runCommand(shell, body, files);
	} catch (error) {
		if (error instanceof ShellExit && error.kind === 'return') {
			return error.value;
		}

		throw error;
	} finally {
		shell.depth--;
		shell.positional = positional;
	}
};

const runSimple = async (shell: Shell, {assignments, words: given}: Simple, files: Descriptors): Promise<number> => {
	const words: string[] = [];
	for (const word of given) {
		words.push(...await wordsOf(shell, word));
	}

	const variables = new Map<string, string>();
	for (const {name, word} of assignments) {
		variables.set(name, await textOf(shell, word));
	}

	if (shell.options.trace && words.length > 0) {
		await shell.invocation.stderr.write(`+ ${words.join(' ')}\n`);
	}

	const [name] = words;
	if (name === undefined) {
		for (const [key, value] of variables) {
			shell.variables.set(key, value);
		}

		// Of a command substitution the status stays.
		return assignments.some(({word}) => word.some(part => part.type === 'command')) ? shell.status : 0;
	}

	if (name === 'exec') {
		if (words.length === 1) {
			return 0;
		}

		throw new ShellExit('exit', await runProgram(shell, words.slice(1), variables, files, {replace: true}));
	}

	const body = shell.functions.get(name);
	if (body) {
		return runFunction(shell, body, words, files);
	}

	const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
	return builtin
		? builtin({
			shell, words, files, runScript,
		})
		: runProgram(shell, words, variables, files);
};

/** What is tested may fail without ending a shell that ends on errors. */
const runCondition = async (shell: Shell, script: Script, files: Descriptors): Promise<number> => {
	shell.tested++;
	try {
		return await runScript(shell, script, files);
	} finally {
		shell.tested--;
	}
};

const runCommand = async (shell: Shell, command: Command, files: Descriptors): Promise<number> => {
	try {
		const own = command.redirections.length === 0 ? files : await redirect(shell, files, command.redirections, textOf);
		return await (command.type === 'simple' ? runSimple(shell, command, own) : runCompound(shell, command, own, {...expander, runScript, runCondition}));
	} catch (error) {
		if (error instanceof ShellExit) {
			throw error;
		}

		if (isBrokenPipe(error)) {
			return 128 + os.constants.signals.SIGPIPE;
		}

		await files[2].write(`sh: ${isFileError(error) ? `can't open file: ${error.message}` : messageOf(error)}\n`);
		return isFileError(error) ? 1 : 2;
	}
};

const runPipeline = async (shell: Shell, {commands, negated}: Pipeline, files: Descriptors): Promise<number> => {
	let input = files[0];
	const statuses = commands.map(async (command, index) => {
		const isLast = index === commands.length - 1;
		const pipe = isLast ? undefined : createPipe();
		const own: Descriptors = {0: input, 1: pipe ?? files[1], 2: files[2]};
		const {0: source} = own;
		if (pipe) {
			input = createLineReader(pipe);
		}

		try {
			return await (commands.length > 1 ? asTask(shell, async () => runCommand(copyShell(shell), command, own)) : runCommand(shell, command, own));
		} catch (error) {
			if (commands.length === 1) {
				throw error;
			}

			return withoutEnd(error);
		} finally {
			pipe?.end();
			// Whoever writes to a command that has ended need not wait for it.
			if (index > 0) {
				source.close?.();
			}
		}
	});
	const results = await Promise.all(statuses);
	const status = results.at(-1)!;
	return negated ? Number(status === 0) : status;
};

const runEntry = async (shell: Shell, {first, rest, background}: AndOr, files: Descriptors): Promise<void> => {
	checkStopped(shell);
	if (background) {
		const inner = copyShell(shell);
		inner.onEnter = pid => {
			shell.lastJob = String(pid);
			inner.onEnter = undefined;
		};

		shell.jobs.add(runJob(inner, {first, rest, background: false}, {...files, 0: createLineReader(emptyInput)}));
		shell.status = 0;
		return;
	}

	const isTestedWithin = rest.length > 0 || first.negated;
	let isTested = isTestedWithin;
	shell.tested += Number(isTestedWithin);
	try {
		shell.status = await runPipeline(shell, first, files);
		for (const [index, {operator, pipeline}] of rest.entries()) {
			if ((operator === '&&') !== (shell.status === 0)) {
				continue;
			}

			isTested = index < rest.length - 1 || pipeline.negated;
			shell.status = await runPipeline(shell, pipeline, files);
		}
	} finally {
		shell.tested -= Number(isTestedWithin);
	}

	checkStopped(shell);
	await runCaught(shell, files);
	if (shell.options.exitOnError && shell.tested === 0 && !isTested && shell.status !== 0) {
		throw new ShellExit('exit', shell.status);
	}
};

/** Runs something in the background and resolves with its status. */
const runJob = async (shell: Shell, entry: AndOr, files: Descriptors): Promise<number> => {
	try {
		await asTask(shell, async () => runEntry(shell, entry, files));
		return shell.status;
	} catch (error) {
		// Nobody may ever wait for it.
		return error instanceof ShellExit ? error.value : 1;
	}
};

/** Runs the traps of the signals that have come meanwhile. */
const runCaught = async (shell: Shell, files: Descriptors): Promise<void> => {
	for (let name = shell.caught.shift(); name !== undefined; name = shell.caught.shift()) {
		const {status} = shell;
		await runScript(shell, shell.traps.get(name) ?? [], files);
		shell.status = status;
	}
};

/** Runs a script as the whole of what a shell does, and resolves with its exit status and with whether it left the shell. */
export const runToEnd = async (shell: Shell, script: Script, files: Descriptors): Promise<{readonly status: number; readonly isOver: boolean}> => {
	try {
		return {status: await runScript(shell, script, files), isOver: false};
	} catch (error) {
		if (error instanceof ShellExit) {
			return {status: error.kind === 'exit' ? error.value : shell.status, isOver: error.kind === 'exit'};
		}

		throw error;
	}
};

/** Runs what a trap on the end of the shell says. */
export const runExitTrap = async (shell: Shell, status: number, files: Descriptors): Promise<number> => {
	const trap = shell.traps.get('EXIT');
	shell.traps.delete('EXIT');
	shell.status = status;
	if (!trap) {
		return status;
	}

	try {
		await runScript(shell, trap, files);
		return status;
	} catch (error) {
		return withoutEnd(error);
	}
};
