import {HolmError, messageOf} from '../../../engine/errors.js';
import {isFileError} from '../file-node.js';
import {emptyInput} from '../pipe.js';
import {
	startProcess,
	type Invocation,
	type Process,
	type Program,
} from '../process.js';
import {
	builtins,
	foreignBuiltins,
	programsInPlace,
	type Call,
} from './builtins.js';
import {redirect, readRedirections, type Redirection} from './redirect.js';
import {
	breathe,
	checkStopped,
	inSubshell,
	ShellExit,
	signalOf,
	type Descriptors,
	type Run,
	type Shell,
} from './shell.js';
import {
	isAt,
	isEnd,
	notInDemo,
	ShellError,
	skip,
	skipLines,
	take,
	unexpected,
	type Source,
} from './source.js';
import {
	readWord,
	requireWord,
	textOf,
	wordsOf,
	type Word,
} from './words.js';

const openers = new Set(['if', 'while', 'for']);
/** Reserved words that end a list of commands. */
const closers = new Set(['then', 'elif', 'else', 'fi', 'do', 'done']);
const foreignWords = new Set(['!', '{', '[[', 'case', 'function', 'select', 'until']);

/** The reserved word here, if there is one. */
const reservedAt = ({text, position}: Source): string => {
	const word = /^(?:[!\{]|\[\[|[a-z]+)(?=[\t\n \(\);<>\|\u{26}]|$)/v.exec(text.slice(position, position + 12))?.[0] ?? '';
	if (foreignWords.has(word)) {
		throw notInDemo(word);
	}

	return openers.has(word) || closers.has(word) ? word : '';
};

/** Reads the one of some reserved words that has to come next. */
const expect = (source: Source, ...words: readonly string[]): string => {
	skipLines(source);
	const word = reservedAt(source);
	source.position += words.includes(word) ? word.length : unexpected(source);
	return word;
};

/** Whether a list of commands ends here. */
const isListEnd = (source: Source): boolean => isEnd(source) || isAt(source, ')') || closers.has(reservedAt(source));

/** Reads a list that may not be empty. */
const requireList = (source: Source): Run => {
	skipLines(source);
	return isListEnd(source) ? unexpected(source) : readList(source);
};

/** Redirections around what they are of. Errors of commands end here, with a message and an exit status. */
const redirected = (run: Run, redirections: readonly Redirection[]): Run => async (shell, files) => {
	try {
		return await run(shell, await redirect(shell, files, redirections));
	} catch (error) {
		if (error instanceof ShellExit) {
			throw error;
		}

		const isTooMuch = error instanceof RangeError;
		const message = isTooMuch ? 'out of memory' : messageOf(error);
		await files[2].write(`sh: ${isFileError(error) ? 'can\'t open file: ' : ''}${message}\n`);
		if ((isTooMuch || error instanceof ShellError) && !shell.isInteractive) {
			throw new ShellExit(2);
		}

		return isFileError(error) ? 1 : 2;
	}
};

/** A program as a shell calls it. */
const invocationOf = ({invocation, variables, directory}: Shell, command: readonly string[], files: Descriptors): Invocation => ({
	...invocation,
	command,
	environment: new Map([...invocation.environment.keys()].map(variable => [variable, variables.get(variable) ?? ''])),
	directory,
	stdin: files[0],
	stdout: files[1],
	stderr: files[2],
	terminal: invocation.terminal && files[1] === invocation.stdout,
});

/** Starts a child process of a shell. Throws when there are too many. */
const startChild = (shell: Shell, command: readonly string[], files: Descriptors, program: Program): Process => {
	try {
		return startProcess({...invocationOf(shell, command, files), program, interrupt: signalOf(shell)});
	} catch (error) {
		throw new ShellError(messageOf(error));
	}
};

/** Each stays in memory until the last one has ended. */
const mostReplaced = 100;

/** Runs a program until it ends or is interrupted. With `replaces`, it has the shell's process. */
const runProgram = async (shell: Shell, words: readonly string[], files: Descriptors, {replaces = false} = {}): Promise<number> => {
	const name = words[0]!;
	let program: Program;
	try {
		program = shell.invocation.host.findProgram(name, shell.directory).run;
	} catch (error) {
		if (!(error instanceof HolmError)) {
			throw error;
		}

		const isMissing = error.code === 'command-not-found';
		await files[2].write(`sh: ${name}: ${isMissing ? (name.includes('/') ? 'not found' : 'not in the demo') : 'Permission denied'}\n`);
		return isMissing ? 127 : 126;
	}

	if (!replaces) {
		return startChild(shell, words, files, program).ended;
	}

	const replaced = (shell.invocation.replaced ?? 0) + 1;
	if (replaced > mostReplaced) {
		throw new ShellError(`${name}: the demo's processes run no more than ${mostReplaced} programs one after the other`);
	}

	await breathe();
	checkStopped(shell);
	return program({...invocationOf(shell, words, files), replaced});
};

const runWords = async (shell: Shell, words: readonly string[], call: Omit<Call, 'shell' | 'words'>): Promise<number> => {
	const [name = '', ...rest] = words;
	if (foreignBuiltins.has(name)) {
		throw notInDemo(name);
	}

	if (name === 'exec' && rest.length > 0) {
		throw new ShellExit(await runProgram(shell, rest, call.files, {replaces: true}));
	}

	return Object.hasOwn(builtins, name)
		? builtins[name]!({...call, shell, words: rest})
		: runProgram(shell, words, call.files, {replaces: programsInPlace.has(name)});
};

/** Reads `NAME=WORD` at the start of a command, and as many more as follow. */
const readAssignments = (source: Source): ReadonlyArray<readonly [name: string, value: Word]> => {
	const assignments: Array<readonly [name: string, value: Word]> = [];
	for (let found = take(source, /[A-Z_a-z]\w*=/vy); found !== undefined; found = take(source, /[A-Z_a-z]\w*=/vy)) {
		if (found === 'IFS=') {
			throw notInDemo('IFS');
		}

		assignments.push([found.slice(0, -1), readWord(source) ?? []]);
		skip(source);
	}

	return assignments;
};

const readSimple = (source: Source): Run => {
	const assignments = readAssignments(source);
	const redirections = [...readRedirections(source)];
	const given: Word[] = [];
	for (let word = readWord(source); word; word = readWord(source)) {
		given.push(word);
		redirections.push(...readRedirections(source));
	}

	if (isAt(source, '(')) {
		throw notInDemo('(');
	}

	if (assignments.length > 0 && given.length > 0) {
		throw notInDemo(`${assignments[0]![0]}= before a command`);
	}

	if (given.length + assignments.length + redirections.length === 0) {
		unexpected(source);
	}

	const hasCommand = [...given, ...assignments.map(([, value]) => value)].flat().some(part => typeof part === 'object' && part.isCommand);
	return redirected(async (shell, files) => {
		for (const [name, value] of assignments) {
			shell.variables.set(name, await textOf(shell, value));
		}

		const words = await wordsOf(shell, given);
		if (words.length > 0) {
			return runWords(shell, words, {files, compile});
		}

		return hasCommand ? shell.status : 0;
	}, redirections);
};

const readIf = (source: Source): Run => {
	const condition = requireList(source);
	expect(source, 'then');
	const body = requireList(source);
	const word = expect(source, 'elif', 'else', 'fi');
	let otherwise: Run = async () => 0;
	if (word === 'elif') {
		otherwise = readIf(source);
	} else if (word === 'else') {
		otherwise = requireList(source);
		expect(source, 'fi');
	}

	return async (shell, files) => await condition(shell, files) === 0 ? body(shell, files) : otherwise(shell, files);
};

const readBody = (source: Source): Run => {
	expect(source, 'do');
	const body = requireList(source);
	expect(source, 'done');
	return async (shell, files) => {
		// A pause of the container also stops a loop that starts no program.
		await shell.invocation.host.unfrozen();
		checkStopped(shell);
		return body(shell, files);
	};
};

const readWhile = (source: Source): Run => {
	const condition = requireList(source);
	const body = readBody(source);
	return async (shell, files) => {
		let status = 0;
		while (await condition(shell, files) === 0) {
			status = await body(shell, files);
		}

		return status;
	};
};

const readFor = (source: Source): Run => {
	skip(source);
	const name = take(source, /[A-Z_a-z]\w*/vy) ?? unexpected(source);
	skipLines(source);
	if (!take(source, /in(?=\s|;)/vy)) {
		throw new ShellError('"for" without "in" is not in the demo', {incomplete: isEnd(source)});
	}

	const words: Word[] = [];
	skip(source);
	while (!isEnd(source) && !take(source, /[\n;]/vy)) {
		words.push(requireWord(source));
		skip(source);
	}

	const body = readBody(source);
	return async (shell, files) => {
		let status = 0;
		for (const value of await wordsOf(shell, words)) {
			shell.variables.set(name, value);
			status = await body(shell, files);
		}

		return status;
	};
};

/** Reads one command with its redirections. */
const readCommand = (source: Source): Run => {
	skipLines(source);
	const word = reservedAt(source);
	if (word === '') {
		return readSimple(source);
	}

	if (!openers.has(word)) {
		unexpected(source);
	}

	source.position += word.length;
	const run = word === 'if' ? readIf(source) : (word === 'for' ? readFor(source) : readWhile(source));
	return redirected(run, readRedirections(source));
};

/** Starts a job, which has a process of its own. */
const startJob = (shell: Shell, run: Run, files: Descriptors): void => {
	const job = startChild(shell, shell.invocation.command, {...files, 0: emptyInput}, async () =>
		inSubshell(shell, async inner => run(inner, {...files, 0: emptyInput})));
	shell.jobs.add(job);
	shell.lastJob = job;
};

/** Runs the traps of the signals that arrived meanwhile. */
const runCaught = async (shell: Shell, files: Descriptors): Promise<void> => {
	if (shell.isInTrap) {
		return;
	}

	const {status} = shell;
	shell.isInTrap = true;
	try {
		for (let number = shell.caught.shift(); number !== undefined; number = shell.caught.shift()) {
			await shell.traps.get(number)?.(shell, files);
			shell.status = status;
		}
	} finally {
		shell.isInTrap = false;
	}
};

/** Reads commands with `&&` and `||` between them, and what ends them. */
const readAndOr = (source: Source): Run => {
	const commands = [{operator: '', run: readCommand(source)}];
	for (let operator = take(source, /&&|\|\|/vy); operator !== undefined; operator = take(source, /&&|\|\|/vy)) {
		commands.push({operator, run: readCommand(source)});
	}

	if (isAt(source, '|')) {
		throw notInDemo('|');
	}

	const end = take(source, /[\n;\u{26}]/vy);
	if (end === undefined && !isEnd(source) && !isAt(source, ')') && reservedAt(source) === '') {
		unexpected(source);
	}

	const runAll: Run = async (shell, files) => {
		for (const {operator, run} of commands) {
			if (operator === '' || (operator === '&&') === (shell.status === 0)) {
				shell.status = await run(shell, files);
			}
		}

		await breathe();
		checkStopped(shell);
		await runCaught(shell, files);
		return shell.status;
	};

	return end === '&'
		? redirected(async (shell, files) => {
			startJob(shell, runAll, files);
			shell.status = 0;
			return 0;
		}, [])
		: runAll;
};

/** Reads commands up to a reserved word that ends them, a closing parenthesis or the end. */
const readList = (source: Source): Run => {
	const list: Run[] = [];
	skipLines(source);
	while (!isListEnd(source)) {
		list.push(readAndOr(source));
		skipLines(source);
	}

	return async (shell, files) => {
		let status = 0;
		for (const run of list) {
			checkStopped(shell);
			status = await run(shell, files);
		}

		return status;
	};
};

/** Compiles a script. Throws `ShellError`, also for what other shells have and this one does not. */
export const compile = (text: string): Run => {
	const source: Source = {text, position: 0, readList};
	try {
		const run = readList(source);
		return isEnd(source) ? run : unexpected(source);
	} catch (error) {
		// Too deep for the stack.
		throw error instanceof RangeError ? new ShellError('out of memory') : error;
	}
};
