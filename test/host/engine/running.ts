import {Buffer} from 'node:buffer';
import {spawn, type ChildProcess} from 'node:child_process';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';

export type Result = {
	/** Undefined if a signal ended it. */
	readonly status: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
	/** Raw standard output. */
	readonly bytes: Uint8Array;
};

export type LaunchOptions = {
	/** Standard input; empty without it and without `open`. */
	readonly input?: string | Uint8Array;
	/** Keep standard input open for `write`. */
	readonly open?: boolean;
	readonly environment?: Readonly<Record<string, string>>;
	readonly directory?: string;
	/** Default 90 seconds; then the program is killed. */
	readonly limitMs?: number;
};

/** A running program. */
export type Running = {
	readonly pid: number;
	readonly stdout: () => string;
	readonly stderr: () => string;
	readonly write: (text: string) => void;
	readonly end: () => void;
	/** Resolves with the match once standard output contains it; throws if the program ends first, or after 30 seconds. */
	readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
	readonly kill: (signal: NodeJS.Signals) => void;
	readonly ended: Promise<Result>;
};

const showLimitMs = 30_000;

const watch = (child: ChildProcess, limitMs: number): Running => {
	const printed: Uint8Array[] = [];
	const complained: Uint8Array[] = [];
	const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
	let isEnded = false;
	child.stdout!.on('data', (chunk: Uint8Array) => {
		printed.push(chunk);
	});
	child.stderr!.on('data', (chunk: Uint8Array) => {
		complained.push(chunk);
	});
	// The program may end before it has read its input.
	child.stdin?.on('error', () => undefined);
	const timer = setTimeout(() => {
		child.kill('SIGKILL');
	}, limitMs);
	const ended = new Promise<Result>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', status => {
			clearTimeout(timer);
			isEnded = true;
			resolve({
				status: status ?? undefined, stdout: text(printed), stderr: text(complained), bytes: Buffer.concat(printed),
			});
		});
	});
	return {
		pid: child.pid!,
		stdout: () => text(printed),
		stderr: () => text(complained),
		write(input) {
			child.stdin!.write(input);
		},
		end() {
			child.stdin!.end();
		},
		async shows(pattern) {
			for (const deadline = Date.now() + showLimitMs; ;) {
				// Output printed just before the end counts.
				const isOver = isEnded || Date.now() > deadline;
				const match = pattern.exec(text(printed));
				if (match) {
					return match;
				}

				if (isOver) {
					throw new Error(`${String(pattern)} was not shown: ${JSON.stringify(text(printed).slice(-2000))} ${JSON.stringify(text(complained).slice(-2000))}`);
				}

				await delay(20);
			}
		},
		kill(signal) {
			child.kill(signal);
		},
		ended,
	};
};

/** Starts programs and can kill all that still run. */
export const createLauncher = (defaults: {readonly directory: string; readonly environment: Readonly<Record<string, string>>}) => {
	const children = new Set<ChildProcess>();
	return {
		start(
			program: string,
			arguments_: readonly string[],
			{input, open = false, environment = {}, directory = defaults.directory, limitMs = 90_000}: LaunchOptions = {},
		): Running {
			const child = spawn(program, arguments_, {
				cwd: directory,
				env: {
					PATH: process.env.PATH, LANG: 'C.UTF-8', ...defaults.environment, ...environment,
				},
				stdio: [open || input !== undefined ? 'pipe' : 'ignore', 'pipe', 'pipe'],
			});
			children.add(child);
			child.once('close', () => {
				children.delete(child);
			});
			const running = watch(child, limitMs);
			if (input !== undefined) {
				child.stdin!.end(input);
			}

			return running;
		},
		killAll() {
			for (const child of children) {
				child.kill('SIGKILL');
			}
		},
	};
};
