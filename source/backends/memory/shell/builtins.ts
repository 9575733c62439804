import os from 'node:os';
import path from 'node:path';
import type {Program} from '../process.js';
import {test} from '../programs/test.js';
import {echo, printf} from '../programs/text.js';
import {ShellExit, type Descriptors, type Run, type Shell} from './shell.js';
import {notInDemo} from './source.js';

export type Call = {
	readonly shell: Shell;
	/** The arguments, without the name. */
	readonly words: readonly string[];
	readonly files: Descriptors;
	/** Compiles a script. */
	readonly compile: (text: string) => Run;
};

export type Builtin = (call: Call) => Promise<number>;

const viaProgram = (name: string, program: Program): Builtin => async ({shell, words, files}) => program({
	...shell.invocation, command: [name, ...words], directory: shell.directory, stdin: files[0], stdout: files[1], stderr: files[2],
});

/** Throws for arguments that the builtin does not have here. */
const allow = (name: string, words: readonly string[], pattern: RegExp): void => {
	const other = words.find(word => !pattern.test(word));
	if (other !== undefined) {
		throw notInDemo(`${name} ${other}`);
	}
};

const leave = (kind: ShellExit['kind'], fallback: (shell: Shell) => number): Builtin => async ({shell, words}) => {
	allow(kind, words, /^\d{1,9}$/v);
	throw new ShellExit(kind, words[0] === undefined ? fallback(shell) : Number(words[0]));
};

const signals = os.constants.signals as Readonly<Record<string, number>>;

/** The name of a signal without `SIG`; `EXIT` for the end of the shell. Throws for a word that names none. */
const signalName = (word: string): string => {
	const name = word.toUpperCase().replace(/^SIG/v, '');
	const byNumber = Object.entries(signals).find(([, number]) => String(number) === name)?.[0].slice(3);
	if (name === '0' || name === 'EXIT') {
		return 'EXIT';
	}

	if (byNumber === undefined && signals[`SIG${name}`] === undefined) {
		throw new Error(`trap: ${word}: invalid signal specification`);
	}

	return byNumber ?? name;
};

const trap: Builtin = async ({shell, words: [action, ...given], compile}) => {
	if (action === undefined || given.length === 0) {
		throw notInDemo('trap without an action and signals');
	}

	const run = action === '-' ? undefined : compile(action);
	for (const name of given.map(word => signalName(word))) {
		const handle = name === 'EXIT' || shell.isSubshell ? undefined : shell.invocation.onSignal(signals[`SIG${name}`]!, () => {
			shell.caught.push(name);
			shell.wake?.();
		});
		if (run) {
			shell.traps.set(name, run);
		} else {
			shell.traps.delete(name);
			handle?.();
		}
	}

	return 0;
};

const read: Builtin = async ({shell, words, files}) => {
	const names = words[0] === '-r' ? words.slice(1) : words;
	allow('read', names, /^[A-Z_a-z]\w*$/v);
	const line = await files[0].readLine();
	const fields = (line ?? '').trim().split(/\s+/v).map(field => names === words ? field.replaceAll(/\\(?<character>.)/gv, '$<character>') : field);
	for (const [index, name] of (names.length === 0 ? ['REPLY'] : names).entries()) {
		shell.variables.set(name, index < names.length - 1 ? fields[index] ?? '' : fields.slice(index).join(' '));
	}

	return line?.endsWith('\n') ? 0 : 1;
};

const changeDirectory: Builtin = async ({shell, words}) => {
	const given = words[0] ?? shell.variables.get('HOME') ?? '/';
	const target = given === '-' ? shell.variables.get('OLDPWD') ?? '/' : given;
	const place = path.posix.resolve(shell.directory, target);
	if (shell.invocation.host.files.find(place)?.node.type !== 'directory') {
		throw new Error(`cd: can't cd to ${target}: No such file or directory`);
	}

	shell.variables.set('OLDPWD', shell.directory);
	shell.variables.set('PWD', place);
	shell.directory = place;
	return 0;
};

const exportVariables: Builtin = async ({shell, words, files}) => {
	allow('export', words, /^[A-Z_a-z]\w*(?:=|$)/v);
	for (const word of words) {
		const [name = ''] = word.split('=', 1);
		shell.exported.add(name);
		if (word.includes('=')) {
			shell.variables.set(name, word.slice(name.length + 1));
		}
	}

	if (words.length === 0) {
		await files[1].write([...shell.exported].toSorted().map(name => `export ${name}='${shell.variables.get(name) ?? ''}'\n`).join(''));
	}

	return 0;
};

/** Waits for all jobs, or for one, whose exit status it has. A signal with a trap ends it. */
const wait: Builtin = async ({shell, words}) => {
	allow('wait', words, /^\d+$/v);
	const jobs = [...shell.jobs].filter(({pid}) => words.length === 0 || words.includes(String(pid)));
	const statusOfSignal = () => 128 + (signals[`SIG${shell.caught[0]}`] ?? 0);
	if (shell.caught.length > 0) {
		return statusOfSignal();
	}

	const {promise: woken, resolve: wake} = Promise.withResolvers<void>();
	shell.wake = wake;
	const statuses = await Promise.race([Promise.all(jobs.map(async ({ended}) => ended)), woken]);
	shell.wake = undefined;
	if (!statuses) {
		return statusOfSignal();
	}

	for (const job of jobs) {
		shell.jobs.delete(job);
	}

	return words.length === 0 ? 0 : statuses.at(-1) ?? 127;
};

/** The commands that the shell runs itself. */
export const builtins: Readonly<Record<string, Builtin>> = {
	':': async () => 0,
	'[': viaProgram('[', test),
	break: leave('break', () => 1),
	cd: changeDirectory,
	async command({shell, words: [option = '', name = ''], files}) {
		allow('command', [option], /^-v$/v);
		try {
			const found = Object.hasOwn(builtins, name) ? name : shell.invocation.host.findProgram(name, shell.directory).path;
			await files[1].write(`${found}\n`);
			return 0;
		} catch {
			return 127;
		}
	},
	continue: leave('continue', () => 1),
	echo: viaProgram('echo', echo),
	exit: leave('exit', ({status}) => status),
	export: exportVariables,
	false: async () => 1,
	printf: viaProgram('printf', printf),
	async pwd({shell, files}) {
		await files[1].write(`${shell.directory}\n`);
		return 0;
	},
	read,
	async set({shell, words}) {
		allow('set', words.length === 0 ? ['without an option'] : words, /^[+\-]e$/v);
		shell.exitsOnError = words.at(-1) === '-e';
		return 0;
	},
	test: viaProgram('test', test),
	trap,
	true: async () => 0,
	wait,
};
