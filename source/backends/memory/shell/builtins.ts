import os from 'node:os';
import path from 'node:path';
import {ShellExit, signalOf, type Descriptors, type Run, type Shell} from './shell.js';
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

/** Throws for arguments that the builtin does not have here. */
const allow = (name: string, words: readonly string[], pattern: RegExp): void => {
	const other = words.find(word => !pattern.test(word));
	if (other !== undefined) {
		throw notInDemo(`${name} ${other}`);
	}
};

const exit: Builtin = async ({shell, words}) => {
	allow('exit', words, /^\d{1,9}$/v);
	throw new ShellExit(words[0] === undefined ? shell.status : Number(words[0]));
};

/** `trap ACTION SIGNAL...`, the signals by name. */
const trap: Builtin = async ({shell, words: [action, ...names], compile}) => {
	if (action === undefined || action === '-' || names.length === 0) {
		throw notInDemo('trap without an action and signals');
	}

	if (shell.isSubshell) {
		throw notInDemo('trap in a subshell');
	}

	const run = compile(action);
	for (const name of names) {
		const number = (os.constants.signals as Readonly<Record<string, number>>)[`SIG${name.replace(/^SIG/v, '')}`];
		if (number === undefined) {
			throw notInDemo(`trap of ${name}`);
		}

		shell.traps.set(number, run);
		shell.invocation.onSignal(number, () => {
			shell.caught.push(number);
			shell.wake?.();
		});
	}

	return 0;
};

/** `read NAME`. */
const read: Builtin = async ({shell, words: [name = 'without a name', ...more], files}) => {
	allow('read', [[name, ...more].join(' ')], /^[A-Z_a-z]\w*$/v);
	const line = await files[0].readLine(signalOf(shell)) ?? '';
	if (line.includes('\\')) {
		throw notInDemo('read of a backslash');
	}

	shell.variables.set(name, line.trim());
	return line.endsWith('\n') ? 0 : 1;
};

const changeDirectory: Builtin = async ({shell, words}) => {
	const target = words[0] ?? shell.variables.get('HOME') ?? '/';
	const place = path.posix.resolve(shell.directory, target);
	if (shell.invocation.host.files.find(place)?.node.type !== 'directory') {
		throw new Error(`cd: can't cd to ${target}: No such file or directory`);
	}

	shell.variables.set('PWD', place);
	shell.directory = place;
	return 0;
};

/** Waits for all jobs, or for one, whose exit status it has. A signal with a trap ends it. */
const wait: Builtin = async ({shell, words}) => {
	allow('wait', words, /^\d+$/v);
	const jobs = [...shell.jobs].filter(({pid}) => words.length === 0 || words.includes(String(pid)));
	const {promise: woken, resolve: wake} = Promise.withResolvers<void>();
	shell.wake = wake;
	const statuses = shell.caught.length > 0 ? undefined : await Promise.race([Promise.all(jobs.map(async ({ended}) => ended)), woken]);
	shell.wake = undefined;
	if (!statuses) {
		return 128 + (shell.caught[0] ?? 0);
	}

	for (const job of jobs) {
		shell.jobs.delete(job);
	}

	return words.length === 0 ? 0 : statuses.at(-1) ?? 127;
};

/** Programs that the shell runs without a process of their own. */
export const programsInPlace: ReadonlySet<string> = new Set(['[', 'echo', 'false', 'printf', 'pwd', 'test', 'true']);

/** The commands that the shell runs itself. */
export const builtins: Readonly<Record<string, Builtin>> = {
	':': async () => 0,
	cd: changeDirectory,
	async command({shell, words: [option = '', name = '', ...more], files}) {
		allow('command', [[option, ...more].join(' ')], /^-v$/v);
		try {
			const found = Object.hasOwn(builtins, name) ? name : shell.invocation.host.findProgram(name, shell.directory).path;
			await files[1].write(`${found}\n`);
			return 0;
		} catch {
			return 127;
		}
	},
	// With a command, the shell runs it in its own place.
	async exec() {
		throw notInDemo('exec without a command');
	},
	exit,
	read,
	trap,
	wait,
};

/** Builtins that other shells have: a script that needs one ends. */
export const foreignBuiltins: ReadonlySet<string> = new Set([
	'.', 'alias', 'break', 'continue', 'eval', 'export', 'getopts', 'kill', 'let', 'local', 'readonly', 'return', 'set', 'shift', 'source', 'type', 'ulimit', 'umask', 'unset',
]);
