import os from 'node:os';
import {messageOf} from '../../../engine/errors.js';
import {isFileError} from '../file-node.js';
import {isBrokenPipe} from '../pipe.js';
import {builtins, type Builtin, type Call} from './builtins.js';
import {redirect, readRedirection, type Redirection} from './redirect.js';
import {expect, requireList, reservedAt} from './reserved.js';
import {runProgram} from './run-program.js';
import {
	checkStopped,
	inSubshell,
	ShellExit,
	type Run,
	type Shell,
} from './shell.js';
import {
	compileBy,
	isAt,
	isEnd,
	notInDemo,
	ShellSyntaxError,
	skip,
	skipLines,
	take,
	unexpected,
	type Source,
} from './source.js';
import {
	allWordsOf,
	readWord,
	requireWord,
	home,
	textOf,
	type Word,
} from './words.js';

/** The value of an assignment, in which a tilde at the start and after each colon is a home. */
const withHomes = (value: Word): Word => value.flatMap((part, index) => {
	if (typeof part !== 'object' || part.kind !== 'plain') {
		return [part];
	}

	// A tilde that something quoted or substituted follows is plain text.
	const text = index === value.length - 1 ? `${part.text}:` : part.text;
	const start = index === 0 ? ':' : '';
	const pieces = `${start}${text}`.split(/(?<=:)~(?=[\/:])/v);
	const other = /:(?<name>~[^\/:]+)[\/:]/v.exec(start + text)?.groups?.name;
	if (other !== undefined) {
		throw notInDemo(other);
	}

	return pieces.flatMap((piece, place): Word => {
		const from = place === 0 ? start.length : 0;
		const end = place === pieces.length - 1 ? piece.length - (text.length - part.text.length) : piece.length;
		return [...place === 0 ? [] : [home], {kind: 'plain', text: piece.slice(from, end)} as const];
	});
});

const assignmentOf = ([first, ...rest]: Word): {readonly name: string; readonly word: Word} | undefined => {
	const match = typeof first === 'object' && first.kind === 'plain' ? /^(?<name>[A-Z_a-z]\w*)=(?<text>.*)$/sv.exec(first.text) : undefined;
	const {name = '', text = ''} = match?.groups ?? {};
	if (name === 'IFS') {
		throw notInDemo('IFS');
	}

	return match ? {name, word: withHomes([{kind: 'plain', text}, ...rest])} : undefined;
};

const isPlainWord = ([part, ...rest]: Word, text: string): boolean =>
	rest.length === 0 && typeof part === 'object' && part.kind === 'plain' && part.text === text;

const brokenPipeStatus = 128 + os.constants.signals.SIGPIPE;

const runBuiltin = async (builtin: Builtin, call: Call): Promise<number> => {
	try {
		return await builtin(call);
	} catch (error) {
		// The signal ends the shell, which wrote itself.
		throw isBrokenPipe(error) ? new ShellExit('exit', brokenPipeStatus) : error;
	}
};

/** Redirections around what they are of. Errors of commands end here, with a message and an exit status. */
const redirected = (run: Run, redirections: readonly Redirection[]): Run => async (shell, files) => {
	try {
		return await run(shell, await redirect(shell, files, redirections));
	} catch (error) {
		if (error instanceof ShellExit) {
			throw error;
		}

		if (isBrokenPipe(error)) {
			return brokenPipeStatus;
		}

		const message = error instanceof RangeError ? 'out of memory' : messageOf(error);
		await files[2].write(`sh: ${isFileError(error) ? 'can\'t open file: ' : ''}${message}\n`);
		if (error instanceof ShellSyntaxError && !shell.isInteractive) {
			throw new ShellExit('exit', 2);
		}

		return isFileError(error) ? 1 : 2;
	}
};

/** Builtins before which an assignment lasts, as POSIX has it. */
const keepsVariables = new Set([':', 'break', 'continue', 'exit', 'export', 'set', 'trap']);

/** Sets variables for one builtin. */
const withVariables = async (shell: Shell, variables: ReadonlyMap<string, string>, run: () => Promise<number>): Promise<number> => {
	const before = [...variables.keys()].map(name => [name, shell.variables.get(name)] as const);
	for (const [name, value] of variables) {
		shell.variables.set(name, value);
	}

	try {
		return await run();
	} finally {
		for (const [name, value] of before) {
			if (value === undefined) {
				shell.variables.delete(name);
			} else {
				shell.variables.set(name, value);
			}
		}
	}
};

/** The word `NAME=VALUE` of an `export`, whose value stays whole. */
const whole = (word: Word): Word => [async shell => [{kind: 'quoted', text: await textOf(shell, word)}]];

const readSimple = (source: Source): Run => {
	const assignments: Array<{readonly name: string; readonly word: Word}> = [];
	const given: Word[] = [];
	const redirections: Redirection[] = [];
	for (;;) {
		skip(source);
		const redirection = readRedirection(source);
		const word = redirection ? undefined : readWord(source);
		const isExport = given.length > 0 && isPlainWord(given[0]!, 'export');
		const assignment = word && (given.length === 0 || isExport) ? assignmentOf(word) : undefined;
		if (redirection) {
			redirections.push(redirection);
		} else if (assignment && isExport) {
			given.push(whole([{kind: 'quoted', text: `${assignment.name}=`}, ...assignment.word]));
		} else if (assignment) {
			assignments.push(assignment);
		} else if (word) {
			given.push(word);
		} else {
			break;
		}

		if (given.length === 1 && isAt(source, '(')) {
			throw notInDemo('()');
		}
	}

	return given.length + assignments.length + redirections.length === 0 ? unexpected(source) : redirected(async (shell, files) => {
		shell.hasSubstituted = false;
		const words = await allWordsOf(shell, given);
		const [name] = words;
		const builtin = name !== undefined && Object.hasOwn(builtins, name) ? builtins[name] : undefined;
		const isKept = name === undefined || keepsVariables.has(name);
		const variables = new Map<string, string>();
		for (const {name: variable, word} of assignments) {
			const value = await textOf(shell, word);
			variables.set(variable, value);
			if (isKept) {
				// Later ones of the same command see it.
				shell.variables.set(variable, value);
			}
		}

		if (name === undefined) {
			return shell.hasSubstituted ? shell.status : 0;
		}

		if (name === 'exec') {
			if (words.length === 1) {
				throw notInDemo('exec without a command');
			}

			throw new ShellExit('exit', await runProgram(shell, {
				words: words.slice(1), variables, files, replace: true,
			}));
		}

		if (!builtin) {
			return runProgram(shell, {words, variables, files});
		}

		const call = {
			shell, words: words.slice(1), files, compile: (text: string) => compileBy(source.readList, text),
		};
		return isKept ? runBuiltin(builtin, call) : withVariables(shell, variables, async () => runBuiltin(builtin, call));
	}, redirections);
};

/** A condition: with `set -e`, a failure in it does not exit. */
export const asCondition = (run: Run): Run => async (shell, files) => {
	shell.tested++;
	try {
		return await run(shell, files);
	} finally {
		shell.tested--;
	}
};

const readIf = (source: Source): Run => {
	const condition = asCondition(requireList(source));
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

/** Runs one turn after another until there is none, a `break` or an exit. */
const runTurns = async (shell: Shell, hasTurn: () => Promise<boolean>): Promise<void> => {
	for (let count = 1; ; count++) {
		if (count % 1000 === 0) {
			// A pause of the container also stops a loop that starts no program.
			await shell.invocation.host.sleep(0, shell.invocation.signal);
		}

		try {
			checkStopped(shell);
			if (!await hasTurn()) {
				return;
			}
		} catch (error) {
			if (!(error instanceof ShellExit) || error.kind === 'exit') {
				throw error;
			}

			if (error.value > 1) {
				throw new ShellExit(error.kind, error.value - 1);
			}

			if (error.kind === 'break') {
				return;
			}
		}
	}
};

const runLoop = async (shell: Shell, hasTurn: () => Promise<boolean>): Promise<void> => {
	shell.loops++;
	try {
		await runTurns(shell, hasTurn);
	} finally {
		shell.loops--;
	}
};

const readBody = (source: Source): Run => {
	expect(source, 'do');
	const body = requireList(source);
	expect(source, 'done');
	return body;
};

const readWhile = (source: Source, isUntil: boolean): Run => {
	const condition = asCondition(requireList(source));
	const body = readBody(source);
	return async (shell, files) => {
		let status = 0;
		await runLoop(shell, async () => {
			if ((await condition(shell, files) === 0) === isUntil) {
				return false;
			}

			status = await body(shell, files);
			return true;
		});
		return status;
	};
};

const readFor = (source: Source): Run => {
	skip(source);
	const name = take(source, /[A-Z_a-z]\w*/vy) ?? unexpected(source);
	skipLines(source);
	if (!take(source, /in(?=\s|;)/vy)) {
		throw new ShellSyntaxError('"for" without "in" is not in the demo', {incomplete: isEnd(source)});
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
		const values = (await allWordsOf(shell, words)).values();
		await runLoop(shell, async () => {
			const {value, done} = values.next();
			if (done) {
				return false;
			}

			shell.variables.set(name, value);
			status = await body(shell, files);
			return true;
		});
		return status;
	};
};

/** Reads the compound command that begins here; undefined where none does. */
const readCompound = (source: Source): Run | undefined => {
	if (isAt(source, '((')) {
		throw notInDemo('((');
	}

	if (take(source, /\(/vy)) {
		const body = requireList(source);
		return take(source, /\)/vy) ? async (shell, files) => inSubshell(shell, async inner => body(inner, files)) : unexpected(source);
	}

	const word = reservedAt(source);
	source.position += word.length;
	switch (word) {
		case '': {
			return undefined;
		}

		case 'if': {
			return readIf(source);
		}

		case 'for': {
			return readFor(source);
		}

		case 'while':
		case 'until': {
			return readWhile(source, word === 'until');
		}

		case '{': {
			const body = requireList(source);
			expect(source, '}');
			return body;
		}

		default: {
			source.position -= word.length;
			return unexpected(source);
		}
	}
};

/** Reads one command with its redirections. */
export const readCommand = (source: Source): Run => {
	skipLines(source);
	const compound = readCompound(source);
	if (!compound) {
		return readSimple(source);
	}

	const redirections: Redirection[] = [];
	let redirection;
	do {
		skip(source);
		redirection = readRedirection(source);
		redirections.push(...redirection ? [redirection] : []);
	} while (redirection);

	return redirected(compound, redirections);
};
