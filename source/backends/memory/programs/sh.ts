import {Buffer} from 'node:buffer';
import os from 'node:os';
import {createLineReader, type LineReader} from '../pipe.js';
import type {Invocation, Program} from '../process.js';
import {runExitTrap, runToEnd} from '../shell/execute.js';
import {parseShell} from '../shell/parse.js';
import {createShell, type Descriptors, type Shell} from '../shell/shell-state.js';
import {ShellSyntaxError, type Script} from '../shell/syntax.js';
import {pathIn} from './paths.js';

const interrupted = 128 + os.constants.signals.SIGINT;

/** What an interrupted reader began to read is for the next one. */
const shareable = ({stdin}: Invocation): LineReader => {
	let pending: Promise<Uint8Array | undefined> | undefined;
	return createLineReader({
		async read() {
			pending ??= stdin.read();
			const read = await pending;
			pending = undefined;
			return read;
		},
	});
};

const promptOf = (shell: Shell, text: string): string => {
	const home = shell.variables.get('HOME') ?? '';
	const directory = home !== '' && home !== '/' && (shell.directory === home || shell.directory.startsWith(`${home}/`)) ? `~${shell.directory.slice(home.length)}` : shell.directory;
	return text.replaceAll(String.raw`\w`, () => directory).replaceAll(String.raw`\h`, () => shell.invocation.host.hostname).replaceAll(String.raw`\$`, '#');
};

/** Runs whole commands line by line as they come. */
const readEvaluate = async (shell: Shell, files: Descriptors): Promise<number> => {
	let begun = '';
	for (;;) {
		if (shell.interactive) {
			await files[2].write(promptOf(shell, shell.variables.get(begun === '' ? 'PS1' : 'PS2') ?? ''));
		}

		const line = await files[0].readLine();
		if (line === undefined) {
			if (shell.interactive) {
				await files[2].write('\n');
			}

			return shell.status;
		}

		let script: Script;
		try {
			script = parseShell(begun + line);
		} catch (error) {
			if (!(error instanceof ShellSyntaxError)) {
				throw error;
			}

			begun = error.incomplete ? begun + line : '';
			if (!error.incomplete) {
				await files[2].write(`sh: ${error.message}\n`);
				shell.status = 2;
			}

			continue;
		}

		begun = '';
		const controller = new AbortController();
		shell.foreground = controller;
		const {status, isOver} = await runToEnd(shell, script, files);
		shell.foreground = undefined;
		if (isOver && !controller.signal.aborted) {
			return status;
		}

		shell.status = controller.signal.aborted ? interrupted : status;
	}
};

const report = async (invocation: Invocation, error: unknown): Promise<number> => {
	if (!(error instanceof ShellSyntaxError)) {
		throw error;
	}

	await invocation.stderr.write(`sh: ${error.message}\n`);
	return 2;
};

/** Options as letters, and the words after them. */
const readCommandLine = ([name = 'sh', ...given]: readonly string[]) => {
	let options = '';
	let rest = given;
	for (; /^[+\-]./v.test(rest[0] ?? '') && rest[0] !== '--'; rest = rest.slice(1)) {
		options += /^-[^\-]/v.test(rest[0]!) ? rest[0]!.slice(1) : '';
	}

	return {name, options, words: rest[0] === '--' ? rest.slice(1) : rest};
};

/** The text of a script; throws `ShellSyntaxError` when there is none. */
const readScript = ({host, directory}: Invocation, file: string): string => {
	const node = host.files.find(pathIn(directory, file))?.node;
	if (node?.type !== 'file') {
		throw new ShellSyntaxError(`can't open '${file}': No such file or directory`);
	}

	return Buffer.from(node.content).toString();
};

/** The key that interrupts ends what runs in the foreground, and otherwise gives a new prompt. */
const handleInterrupt = (shell: Shell, {1: output}: Descriptors) => {
	shell.invocation.onSignal(os.constants.signals.SIGINT, () => {
		if (shell.foreground) {
			shell.foreground.abort();
		} else {
			void output.write(promptOf(shell, shell.variables.get('PS1') ?? ''));
		}
	});
};

/** A shell: `sh -c COMMANDS`, `sh FILE`, or commands from its input. */
export const sh: Program = async invocation => {
	const {name, options, words: given} = readCommandLine(invocation.command);
	const [text, ...words] = given;
	const isCommand = options.includes('c');
	const positional = isCommand ? [words[0] ?? name, ...words.slice(1)] : [text ?? name, ...words];
	const shell = createShell(invocation, positional, !isCommand && text === undefined && (invocation.terminal || options.includes('i')));
	shell.options = {exitOnError: options.includes('e'), trace: options.includes('x'), failOnUnset: options.includes('u')};
	const files: Descriptors = {0: shareable(invocation), 1: invocation.stdout, 2: invocation.stderr};
	if (shell.interactive) {
		handleInterrupt(shell, files);
	}

	let status: number;
	try {
		if (isCommand || text !== undefined) {
			({status} = await runToEnd(shell, parseShell(isCommand ? text ?? '' : readScript(invocation, text!)), files));
		} else {
			status = await readEvaluate(shell, files);
		}
	} catch (error) {
		status = await report(invocation, error);
	}

	return runExitTrap(shell, status, files);
};
