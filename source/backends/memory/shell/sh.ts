import {Buffer} from 'node:buffer';
import os from 'node:os';
import {interrupted, type Invocation, type Program} from '../process.js';
import {pathIn} from '../programs/options.js';
import {compile} from './commands.js';
import {
	createShell,
	runToEnd,
	type Descriptors,
	type Run,
	type Shell,
} from './shell.js';
import {notInDemo, ShellError} from './source.js';

const promptOf = ({variables, directory}: Shell, name: 'PS1' | 'PS2'): string => (variables.get(name) ?? '').replaceAll(String.raw`\w`, () => directory);

/** Reads commands line by line and runs each as soon as it is whole. */
const readEvaluate = async (shell: Shell, files: Descriptors): Promise<number> => {
	let begun = '';
	for (;;) {
		if (shell.isInteractive) {
			await files[2].write(promptOf(shell, begun === '' ? 'PS1' : 'PS2'));
		}

		const line = await files[0].readLine(shell.invocation.signal);
		if (line === undefined) {
			await files[2].write(shell.isInteractive ? '\n' : '');
			return shell.status;
		}

		let run: Run;
		begun += line;
		try {
			run = compile(begun);
			begun = '';
		} catch (error) {
			if (!(error instanceof ShellError)) {
				throw error;
			}

			if (!error.incomplete) {
				begun = '';
				await files[2].write(`sh: ${error.message}\n`);
				shell.status = 2;
			}

			continue;
		}

		const controller = new AbortController();
		shell.foreground = controller;
		const {status, isOver} = await runToEnd(async () => run(shell, files));
		shell.foreground = undefined;
		if (isOver && !controller.signal.aborted) {
			return status;
		}

		shell.status = controller.signal.aborted ? interrupted : status;
	}
};

/** An interrupt from the terminal ends what runs in the foreground, and otherwise gives a new prompt. */
const handleInterrupt = (shell: Shell, {1: output}: Descriptors): void => {
	shell.invocation.onSignal(os.constants.signals.SIGINT, () => {
		if (shell.foreground) {
			shell.foreground.abort();
			shell.wake?.();
		} else {
			void output.write(promptOf(shell, 'PS1'));
		}
	});
};

const readScript = ({host, directory}: Invocation, file: string): string => {
	const node = host.files.find(pathIn(directory, file))?.node;
	if (node?.type !== 'file') {
		throw new ShellError(`can't open '${file}': No such file or directory`);
	}

	return Buffer.from(node.content).toString();
};

/** A shell: `sh -c COMMANDS`, `sh FILE`, or commands from its input. */
export const sh: Program = async invocation => {
	const [name = 'sh', ...given] = invocation.command;
	const first = given.findIndex(word => !/^-./v.test(word));
	const options = (first === -1 ? given : given.slice(0, first)).join('').replaceAll('-', '');
	const isCommand = options.includes('c');
	const [text = isCommand ? '' : undefined, ...words] = first === -1 ? [] : given.slice(first);
	const files: Descriptors = {0: invocation.stdin, 1: invocation.stdout, 2: invocation.stderr};
	const isInteractive = text === undefined && (invocation.terminal || options.includes('i'));
	const shell = createShell(invocation, isCommand ? [words[0] ?? name, ...words.slice(1)] : [text ?? name, ...words], isInteractive);
	try {
		const foreign = /[^cil]/v.exec(options);
		if (foreign) {
			throw notInDemo(`-${foreign[0]}`);
		}

		if (text === undefined) {
			if (isInteractive) {
				handleInterrupt(shell, files);
			}

			return await readEvaluate(shell, files);
		}

		const run = compile(isCommand ? text : readScript(invocation, text));
		return (await runToEnd(async () => run(shell, files))).status;
	} catch (error) {
		if (!(error instanceof ShellError)) {
			throw error;
		}

		await invocation.stderr.write(`sh: ${error.message}\n`);
		return 2;
	}
};
