import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {HolmError} from '../engine/errors.js';
import {engineEnvironment} from './environment.js';
import {spawned} from './spawned.js';

export type RunOptions = {
	readonly input?: string | Uint8Array;
	readonly cwd?: string;
	/** Added to the engine's environment; default nothing. */
	readonly environment?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
	/** Remedy of the error if the program fails. */
	readonly remedy?: string;
	/** Exit statuses that count as success; default only 0. */
	readonly accept?: readonly number[];
	/** Called for each line of standard output as it comes. */
	readonly onLine?: (line: string) => void;
};

export type RunResult = {readonly stdout: string; readonly stderr: string; readonly exitCode: number};

/** Bytes kept of each stream. The programs that run this way print far less. */
const maximumOutput = 64 * 1024 * 1024;

/**
Runs a program of the host without a shell, in the engine's environment, and resolves with its output.

Throws `unavailable` if the program is not installed, and `internal`, with the last line of its standard error, if it fails.
*/
export const run = async (file: string, arguments_: readonly string[], options: RunOptions = {}): Promise<RunResult> => {
	const {promise, resolve, reject} = Promise.withResolvers<RunResult>();
	const child = spawned(spawn(file, arguments_, {
		cwd: options.cwd,
		env: {...engineEnvironment(), ...options.environment},
		signal: options.signal,
		stdio: 'pipe',
	}));
	const collect = (stream: NodeJS.ReadableStream) => {
		const chunks: Uint8Array[] = [];
		let size = 0;
		stream.on('data', (chunk: Uint8Array) => {
			size += chunk.length;
			if (size <= maximumOutput) {
				chunks.push(chunk);
			}
		});
		return () => Buffer.concat(chunks).toString();
	};

	const stdout = collect(child.stdout);
	if (options.onLine) {
		createInterface(child.stdout).on('line', options.onLine);
	}

	const stderr = collect(child.stderr);
	child.on('error', (error: NodeJS.ErrnoException) => {
		reject(error.code === 'ENOENT'
			? new HolmError('unavailable', `${file} is not installed`, {remedy: 'holm setup installs what is missing', cause: error})
			: error);
	});
	child.on('close', (exitCode, signal) => {
		const result = {stdout: stdout(), stderr: stderr(), exitCode: exitCode ?? 255};
		if (exitCode !== null && (options.accept ?? [0]).includes(exitCode)) {
			resolve(result);
			return;
		}

		const reason = result.stderr.trim().split('\n').at(-1) ?? '';
		reject(new HolmError('internal', `${file} ${arguments_[0] ?? ''} failed: ${reason || (signal ?? `exit status ${exitCode}`)}`, {remedy: options.remedy}));
	});
	// A program may end before it has read its input; only the exit status counts.
	child.stdin.on('error', () => undefined);
	child.stdin.end(options.input);
	return promise;
};
