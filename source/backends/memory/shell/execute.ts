import os from 'node:os';
import {Buffer} from 'node:buffer';
import {HolmError, messageOf} from '../../../errors.js';
import {fileError, isFileError, largestFile} from '../file-node.js';
import {
	createLineReader,
	createPipe,
	emptyInput,
	isBrokenPipe,
	nowhere,
	type Input,
	type Output,
} from '../pipe.js';
import {findProgram} from '../programs/find-program.js';
import {pathIn} from '../programs/paths.js';
import {builtins} from './builtins.js';
import {createExpander} from './expand.js';
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
	Redirection,
	Script,
	Simple,
} from './syntax.js';

const interrupted = 128 + os.constants.signals.SIGINT;

/** How often calls may be within each other, and how many subshells there may be at once. */
const deepest = 200;
const mostTasks = 500;

/** Counts a subshell while it runs; throws when there are too many. */
const asTask = async <Result>({tasks}: Shell, action: () => Promise<Result>): Promise<Result> => {
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

/** Writes to a file, replacing what is there or adding to it. */
const fileOutput = ({invocation: {host}}: Shell, place: string, append: boolean): Output => {
	const found = host.files.find(place)?.node;
	if (found?.type === 'directory') {
		throw fileError('EISDIR');
	}

	const attributes = {
		type: 'file' as const, mode: found?.mode ?? 0o644, uid: found?.uid ?? 0, gid: found?.gid ?? 0,
	};
	const target = host.files.find(place)?.path ?? place;
	let bytes = append && found?.type === 'file' ? Buffer.from(found.content) : Buffer.alloc(0);
	let {length} = bytes;
	const put = () => {
		host.files.put(target, {...attributes, modifiedAt: host.now(), content: bytes.subarray(0, length)});
	};

	put();
	return {
		async write(data) {
			const added = Buffer.from(data as string);
			if (length + added.length > largestFile) {
				throw fileError('ENOSPC');
			}

			if (length + added.length > bytes.length) {
				// Room for as much again, so that many small pieces are not each a copy of the whole.
				bytes = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(Math.max(length, added.length, 1024))]);
			}

			added.copy(bytes, length);
			length += added.length;
			put();
		},
	};
};

const fileInput = ({invocation: {host}}: Shell, place: string): Input => {
	const {node} = host.files.locate(place);
	if (node.type !== 'file') {
		throw fileError('EISDIR');
	}

	let rest: Uint8Array | undefined = node.content.length > 0 ? node.content : undefined;
	return {
		async read() {
			const read = rest;
			rest = undefined;
			return read;
		},
	};
};

/** Fails when the shell is told to stop, whatever it is at. */
const checkStopped = ({invocation: {signal}, foreground}: Shell) => {
	if (signal.aborted) {
		throw new ShellExit('exit', 137);
	}

	if (foreground?.signal.aborted) {
		throw new ShellExit('exit', interrupted);
	}
};

const withoutEnd = (error: unknown): number => {
	if (error instanceof ShellExit && error.kind === 'exit') {
		return error.value;
	}

	throw error;
};

const runScript = async (shell: Shell, script: Script, files: Descriptors): Promise<number> => {
	for (const entry of script) {
		await runEntry(shell, entry, files);
	}

	return shell.status;
};

const {textOf, wordsOf, patternOf} = createExpander(async (shell, script, output) => {
	const inner = copyShell(shell);
	try {
		await asTask(shell, async () => runScript(inner, script, {0: createLineReader(emptyInput), 1: output, 2: shell.invocation.stderr}));
	} catch (error) {
		inner.status = withoutEnd(error);
	}

	shell.status = inner.status;
});

const redirect = async (shell: Shell, files: Descriptors, redirections: readonly Redirection[]): Promise<Descriptors> => {
	let result: Record<0 | 1 | 2, Input | Output> & Descriptors = {...files};
	for (const {descriptor, operator, word} of redirections) {
		const text = await textOf(shell, word);
		const place = pathIn(shell.directory, text);
		switch (operator) {
			case '>':
			case '>>': {
				const special: Readonly<Record<string, Output>> = {
					'/dev/null': nowhere, '/dev/stdout': files[1], '/dev/stderr': files[2], '/dev/tty': files[1],
				};
				const output = special[place] ?? fileOutput(shell, place, operator === '>>');
				result = descriptor === -1 ? {...result, 1: output, 2: output} : {...result, [descriptor]: output};
				break;
			}

			case '<': {
				result = {...result, 0: createLineReader(place === '/dev/null' ? emptyInput : fileInput(shell, place))};
				break;
			}

			case '>&': {
				if (!/^[\-012]$/v.test(text)) {
					throw new Error('bad file descriptor');
				}

				const source = text === '-' ? undefined : result[Number(text) as 0 | 1 | 2];
				result = {...result, [descriptor]: source ?? (descriptor === 0 ? createLineReader(emptyInput) : nowhere)};
				break;
			}

			case '<<<':
			case 'here-document': {
				let rest: Uint8Array | undefined = Buffer.from(operator === '<<<' ? `${text}\n` : text);
				result = {
					...result,
					0: createLineReader({
						async read() {
							const read = rest;
							rest = undefined;
							return read;
						},
					}),
				};
				break;
			}
		}
	}

	return result;
};

const environmentOf = (shell: Shell, more: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
	new Map([...[...shell.exported].filter(name => shell.variables.has(name)).map(name => [name, shell.variables.get(name)!] as const), ...more]);

/** Runs a program that is not the shell's own, until it ends or is interrupted. */
const runProgram = async (shell: Shell, words: readonly string[], variables: ReadonlyMap<string, string>, files: Descriptors, {replace = false} = {}): Promise<number> => {
	const {invocation} = shell;
	let program;
	try {
		program = findProgram(invocation.host.files, words[0]!, shell.directory);
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

const runLoop = async (shell: Shell, turn: () => Promise<boolean>): Promise<number> => {
	shell.status = 0;
	for (let count = 1; ; count++) {
		if (count % 1000 === 0) {
			// A loop that only computes would leave nobody else a turn.
			await shell.invocation.host.sleep(0, shell.invocation.signal);
		}

		try {
			checkStopped(shell);
			if (!await turn()) {
				return shell.status;
			}
		} catch (error) {
			if (!(error instanceof ShellExit) || (error.kind !== 'break' && error.kind !== 'continue')) {
				throw error;
			}

			if (error.value > 1) {
				throw new ShellExit(error.kind, error.value - 1);
			}

			if (error.kind === 'break') {
				return 0;
			}
		}
	}
};

const runCompound = async (shell: Shell, command: Exclude<Command, {type: 'simple'}>, files: Descriptors): Promise<number> => {
	switch (command.type) {
		case 'if': {
			for (const {condition, body} of command.branches) {
				if (await runCondition(shell, condition, files) === 0) {
					return runScript(shell, body, files);
				}
			}

			shell.status = 0;
			return command.otherwise ? runScript(shell, command.otherwise, files) : 0;
		}

		case 'loop': {
			let last = 0;
			await runLoop(shell, async () => {
				if ((await runCondition(shell, command.condition, files) === 0) === command.until) {
					return false;
				}

				last = await runScript(shell, command.body, files);
				return true;
			});
			return last;
		}

		case 'for': {
			const values: string[] = [];
			for (const word of command.words ?? []) {
				values.push(...await wordsOf(shell, word));
			}

			const items = command.words ? values : shell.positional.slice(1);
			return runLoop(shell, async () => {
				const value = items.shift();
				if (value === undefined) {
					return false;
				}

				shell.variables.set(command.name, value);
				await runScript(shell, command.body, files);
				return true;
			});
		}

		case 'case': {
			const text = await textOf(shell, command.word);
			for (const {patterns, body} of command.items) {
				for (const pattern of patterns) {
					const matches = await patternOf(shell, pattern);
					if (matches(text)) {
						return runScript(shell, body, files);
					}
				}
			}

			return 0;
		}

		case 'function': {
			shell.functions.set(command.name, command.body);
			return 0;
		}

		case 'group': {
			if (!command.subshell) {
				return runScript(shell, command.body, files);
			}

			try {
				return await asTask(shell, async () => runScript(copyShell(shell), command.body, files));
			} catch (error) {
				return withoutEnd(error);
			}
		}
	}
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
		const own = command.redirections.length === 0 ? files : await redirect(shell, files, command.redirections);
		return await (command.type === 'simple' ? runSimple(shell, command, own) : runCompound(shell, command, own));
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
