import os from 'node:os';
import path from 'node:path';
import {largestRead} from '../pipe.js';
import type {Program} from '../process.js';
import {test} from '../programs/test.js';
import {echo, printf} from '../programs/text.js';
import {ShellExit, type Descriptors, type Run, type Shell} from './shell.js';
import {notInDemo, ShellSyntaxError} from './source.js';

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

const exit: Builtin = async ({shell, words}) => {
	allow('exit', words, /^\d{1,9}$/v);
	throw new ShellExit('exit', words[0] === undefined ? shell.status : Number(words[0]));
};

const leaveLoops = (kind: 'break' | 'continue'): Builtin => async ({shell, words}) => {
	allow(kind, words, /^\d{1,9}$/v);
	const count = Number(words[0] ?? 1);
	if (count === 0) {
		throw new ShellSyntaxError(`${kind}: Illegal number: 0`);
	}

	if (shell.loops > 0) {
		throw new ShellExit(kind, Math.min(count, shell.loops));
	}

	return 0;
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

	if (shell.isSubshell) {
		throw notInDemo('trap in a subshell');
	}

	const run = action === '-' ? undefined : compile(action);
	for (const name of given.map(word => signalName(word))) {
		const handle = name === 'EXIT' ? undefined : shell.invocation.onSignal(signals[`SIG${name}`]!, () => {
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

/** Whether an odd number of backslashes stands before a place. */
const isEscapedAt = (text: string, place: number): boolean => {
	let start = place;
	while (text[start - 1] === '\\') {
		start--;
	}

	return (place - start) % 2 === 1;
};

/** Where a sticky pattern that matches at a place ends. */
const matchEnd = (pattern: RegExp, text: string, place: number): number => {
	pattern.lastIndex = place;
	return place + (pattern.exec(text)?.[0].length ?? 0);
};

/** Where the blanks at the end of a line begin. */
const endOfText = (line: string): number => {
	let end = line.length;
	while (line[end - 1] === ' ' || line[end - 1] === '\t') {
		end--;
	}

	return end;
};

const read: Builtin = async ({shell, words, files}) => {
	const names = words[0] === '-r' ? words.slice(1) : words;
	allow('read', names, /^[A-Z_a-z]\w*$/v);
	const isRaw = names !== words;
	let line = '';
	let isWhole = false;
	do {
		const next = await files[0].readLine() ?? '';
		isWhole = next.endsWith('\n');
		line += isWhole ? next.slice(0, -1) : next;
		if (line.length > largestRead) {
			throw new Error('out of memory');
		}

		if (isRaw || !isWhole || !isEscapedAt(line, line.length)) {
			break;
		}

		line = line.slice(0, -1);
	} while (isWhole);

	const unescape = (field: string) => isRaw ? field : field.replaceAll(/\\(?<character>[\s\S]?)/gv, '$<character>');
	if (names.length === 0) {
		shell.variables.set('REPLY', unescape(line));
	}

	let position = 0;
	for (const [index, name] of names.entries()) {
		position = matchEnd(/[\t ]*/vy, line, position);
		const end = index < names.length - 1
			? matchEnd(isRaw ? /[^\t ]*/vy : /(?:[^\t \\]|\\[\s\S]?)*/vy, line, position)
			: Math.max(position, endOfText(line));
		shell.variables.set(name, unescape(line.slice(position, end)));
		position = end;
	}

	return isWhole ? 0 : 1;
};

const changeDirectory: Builtin = async ({shell, words, files}) => {
	const given = words[0] ?? shell.variables.get('HOME') ?? '/';
	const target = given === '-' ? shell.variables.get('OLDPWD') ?? '/' : given;
	const place = path.posix.resolve(shell.directory, target);
	if (shell.invocation.host.files.find(place)?.node.type !== 'directory') {
		throw new Error(`cd: can't cd to ${target}: No such file or directory`);
	}

	shell.variables.set('OLDPWD', shell.directory);
	shell.variables.set('PWD', place);
	shell.directory = place;
	if (given === '-') {
		await files[1].write(`${place}\n`);
	}

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
	break: leaveLoops('break'),
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
	continue: leaveLoops('continue'),
	echo: viaProgram('echo', echo),
	exit,
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
