import os from 'node:os';
import path from 'node:path';
import {echo} from '../programs/echo.js';
import {pathIn} from '../programs/paths.js';
import {printf} from '../programs/printf.js';
import {test} from '../programs/test.js';
import type {Program} from '../process.js';
import {parseShell} from './parse.js';
import {ShellExit, type Descriptors, type Shell} from './shell-state.js';
import type {Script} from './syntax.js';

type Call = {
	readonly shell: Shell;
	/** The name, then its arguments. */
	readonly words: readonly string[];
	readonly files: Descriptors;
	readonly runScript: (shell: Shell, script: Script, files: Descriptors) => Promise<number>;
};

type Builtin = (call: Call) => Promise<number>;

const viaProgram = (program: Program): Builtin => async ({shell, words, files}) => program({
	...shell.invocation,
	command: words,
	directory: shell.directory,
	stdin: files[0],
	stdout: files[1],
	stderr: files[2],
});

const numberOf = (text: string | undefined, fallback: number): number => text !== undefined && /^\d+$/v.test(text) ? Number(text) : fallback;

const assign = (shell: Shell, words: readonly string[]) => {
	for (const word of words) {
		const [name = ''] = word.split('=', 1);
		if (word.includes('=')) {
			shell.variables.set(name, word.slice(name.length + 1));
		}
	}
};

const leave = (kind: ShellExit['kind'], fallback: (shell: Shell) => number): Builtin => async ({shell, words}) => {
	throw new ShellExit(kind, numberOf(words[1], fallback(shell)));
};

const signalName = (word: string): string => {
	const upper = word.toUpperCase().replace(/^SIG/v, '');
	if (upper === '0') {
		return 'EXIT';
	}

	const byNumber = Object.entries(os.constants.signals).find(([, number]) => String(number) === upper);
	return byNumber ? byNumber[0].slice(3) : upper;
};

const trap: Builtin = async ({shell, words}) => {
	const [, action = '-', ...signals] = words;
	for (const word of signals) {
		const name = signalName(word);
		if (action === '-') {
			shell.traps.delete(name);
			continue;
		}

		shell.traps.set(name, parseShell(action));
		const number = (os.constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
		if (number !== undefined && !shell.isSubshell) {
			shell.invocation.onSignal(number, () => {
				shell.caught.push(name);
				shell.wake?.();
			});
		}
	}

	return 0;
};

const setOptions: Builtin = async ({shell, words}) => {
	let rest = words.slice(1);
	for (; /^[+\-][a-z]+$/v.test(rest[0] ?? ''); rest = rest.slice(1)) {
		const [word = ''] = rest;
		const isOn = word.startsWith('-');
		shell.options = {
			exitOnError: word.includes('e') ? isOn : shell.options.exitOnError,
			trace: word.includes('x') ? isOn : shell.options.trace,
			failOnUnset: word.includes('u') ? isOn : shell.options.failOnUnset,
		};
		if (word.endsWith('o')) {
			rest = rest.slice(1);
		}
	}

	if (rest[0] === '--') {
		shell.positional = [shell.positional[0]!, ...rest.slice(1)];
	} else if (rest.length > 0) {
		shell.positional = [shell.positional[0]!, ...rest];
	}

	return 0;
};

const read: Builtin = async ({shell, words, files}) => {
	const names = words.slice(1).filter(word => !word.startsWith('-'));
	const line = await files[0].readLine();
	const fields = (line ?? '').trim().split(/\s+/v);
	for (const [index, name] of (names.length === 0 ? ['REPLY'] : names).entries()) {
		const isLast = index === Math.max(names.length, 1) - 1;
		shell.variables.set(name, isLast ? fields.slice(index).join(' ') : fields[index] ?? '');
	}

	return line?.endsWith('\n') ? 0 : 1;
};

const changeDirectory: Builtin = async ({shell, words, files}) => {
	const given = words[1] ?? shell.variables.get('HOME') ?? '/';
	const target = given === '-' ? shell.variables.get('OLDPWD') ?? '/' : given;
	const place = path.posix.resolve(shell.directory, target);
	if (shell.invocation.host.files.find(place)?.node.type !== 'directory') {
		await files[2].write(`sh: cd: can't cd to ${target}: No such file or directory\n`);
		return 2;
	}

	shell.variables.set('OLDPWD', shell.directory);
	shell.directory = place;
	shell.variables.set('PWD', place);
	return 0;
};

const nothing: Builtin = async () => 0;

/** The commands that a shell carries out itself. */
export const builtins: Readonly<Record<string, Builtin>> = {
	':': nothing,
	true: nothing,
	false: async () => 1,
	echo: viaProgram(echo),
	printf: viaProgram(printf),
	test: viaProgram(test),
	'[': viaProgram(test),
	cd: changeDirectory,
	async pwd({shell, files}) {
		await files[1].write(`${shell.directory}\n`);
		return 0;
	},
	async export({shell, words, files}) {
		assign(shell, words.slice(1));
		for (const word of words.slice(1)) {
			shell.exported.add(word.split('=', 1)[0]!);
		}

		if (words.length === 1) {
			await files[1].write([...shell.exported].toSorted().map(name => `export ${name}='${shell.variables.get(name) ?? ''}'\n`).join(''));
		}

		return 0;
	},
	async local({shell, words}) {
		assign(shell, words.slice(1));
		return 0;
	},
	async readonly({shell, words}) {
		assign(shell, words.slice(1));
		return 0;
	},
	async unset({shell, words}) {
		for (const name of words.slice(1)) {
			shell.variables.delete(name);
			shell.exported.delete(name);
			shell.functions.delete(name);
		}

		return 0;
	},
	set: setOptions,
	async shift({shell, words}) {
		shell.positional = [shell.positional[0]!, ...shell.positional.slice(1 + numberOf(words[1], 1))];
		return 0;
	},
	exit: leave('exit', ({status}) => status),
	return: leave('return', ({status}) => status),
	break: leave('break', () => 1),
	continue: leave('continue', () => 1),
	read,
	trap,
	umask: nothing,
	ulimit: nothing,
	async wait({shell}) {
		if (shell.caught.length > 0) {
			return 0;
		}

		const jobs = [...shell.jobs];
		shell.jobs.clear();
		const {promise: woken, resolve} = Promise.withResolvers<void>();
		shell.wake = resolve;
		// A signal with a trap ends a wait.
		await Promise.race([Promise.all(jobs), woken]);
		shell.wake = undefined;
		return 0;
	},
	async eval({shell, words, files, runScript}) {
		return runScript(shell, parseShell(words.slice(1).join(' ')), files);
	},
	async '.'({shell, words, files, runScript}) {
		const node = shell.invocation.host.files.find(pathIn(shell.directory, words[1] ?? ''))?.node;
		if (node?.type !== 'file') {
			await files[2].write(`sh: .: can't open '${words[1] ?? ''}'\n`);
			return 2;
		}

		return runScript(shell, parseShell(new TextDecoder().decode(node.content)), files);
	},
	async command({shell, words, files}) {
		const name = words.slice(1).find(word => !word.startsWith('-')) ?? '';
		return describe(shell, name, files, name);
	},
	async type({shell, words, files}) {
		const name = words[1] ?? '';
		return describe(shell, name, files, `${name} is a shell builtin`);
	},
};

/** Says what a name stands for. */
const describe = async (shell: Shell, name: string, files: Descriptors, builtin: string): Promise<number> => {
	if (Object.hasOwn(builtins, name) || shell.functions.has(name)) {
		await files[1].write(`${builtin}\n`);
		return 0;
	}

	try {
		const {path: place} = shell.invocation.host.findProgram(name, shell.directory);
		await files[1].write(`${place}\n`);
		return 0;
	} catch {
		return 127;
	}
};
