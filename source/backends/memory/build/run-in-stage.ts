import {Buffer} from 'node:buffer';
import {emptyInput, type Output} from '../pipe.js';
import {startProcess, type ProgramHost} from '../process.js';
import {findProgram} from '../programs/find-program.js';
import type {State} from '../state.js';
import {variablesOf, type Stage} from './stage.js';

export type RunRequest = {readonly command: readonly string[]; readonly print: (text: string) => void; readonly signal?: AbortSignal};

/** Runs the command of a RUN with the built-in programs in the file system of its stage. Resolves with its exit status. */
export const runInStage = async (state: State, stage: Stage, {command, print, signal}: RunRequest): Promise<number> => {
	const {configuration: {workingDirectory, user}, files} = stage;
	const directory = workingDirectory || '/';
	const program = findProgram(files, command[0] ?? '', directory);
	const host: ProgramHost = {
		hostname: 'buildkitsandbox',
		files,
		findProgram: (name, from) => findProgram(files, name, from),
		now: state.now,
		sleep: state.timers.delay,
		resolve: name => name === 'localhost' ? ['127.0.0.1'] : [],
		answers: address => address.startsWith('127.'),
		address: undefined,
		gateway: undefined,
		cpus: 1,
		processes: () => [],
		enter: () => ({pid: 0, leave: () => undefined}),
		kill: () => false,
	};
	const output: Output = {
		async write(data) {
			print(typeof data === 'string' ? data : Buffer.from(data).toString());
		},
	};
	const process = startProcess({
		pid: 1,
		program: program.run,
		isFirst: false,
		host,
		command,
		environment: new Map([['HOME', '/root'], ...variablesOf(stage)]),
		directory,
		user: user.split(':', 1)[0] || 'root',
		stdin: emptyInput,
		stdout: output,
		stderr: output,
		terminal: false,
	});
	const onAbort = () => {
		process.kill(9);
	};

	signal?.addEventListener('abort', onAbort, {once: true});
	try {
		return await process.ended;
	} finally {
		signal?.removeEventListener('abort', onAbort);
	}
};
