import {Buffer} from 'node:buffer';
import {execFile, spawn, type ChildProcess} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type Implementation} from 'ava';
import {createDockerEngine} from '../../../source/backends/docker.js';
import type {Engine} from '../../../source/engine.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {buildBox} from './box.js';
import {tracesOf, remainsOf, type Traces} from './traces.js';

const execute = promisify(execFile);

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));

export type Result = {
	/** Undefined when a signal ended it. */
	readonly status: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
	readonly bytes: Uint8Array;
};

export type LaunchOptions = {
	/** What standard input has; without it and without `open`, nothing. */
	readonly input?: string | Uint8Array;
	/** Standard input stays open for `write`. */
	readonly open?: boolean;
	readonly environment?: Readonly<Record<string, string>>;
	readonly directory?: string;
	/** Programs that the command is started through. */
	readonly through?: readonly string[];
	/** Default 90 seconds; then it is killed, and the test fails for what it has not done. */
	readonly limitMs?: number;
};

/** A command that runs. */
export type Running = {
	readonly pid: number;
	readonly stdout: () => string;
	readonly stderr: () => string;
	readonly write: (text: string) => void;
	readonly end: () => void;
	/** Resolves with the match once standard output has it; throws when the command ends without, or after 30 seconds. */
	readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
	readonly kill: (signal: NodeJS.Signals) => void;
	readonly ended: Promise<Result>;
};

type Size = {readonly rows: number; readonly columns: number};

export type World = {
	/** Of the test file's own, short enough for sockets. */
	readonly directory: string;
	/** Of the engine. */
	readonly root: string;
	/** The engine, over its socket. */
	readonly engine: Engine;
	/** Starts a `holm` command. */
	readonly launch: (arguments_: readonly string[], options?: LaunchOptions) => Running;
	/** A `holm` command to its end. */
	readonly run: (arguments_: readonly string[], options?: LaunchOptions) => Promise<Result>;
	/** A `holm` command that must succeed: what it prints, without the last line feed. */
	readonly holm: (...arguments_: readonly string[]) => Promise<string>;
	/** A `holm` command in a pseudo-terminal. */
	readonly terminal: (arguments_: readonly string[], size?: Size) => Running & {readonly resize: (size: Size) => Promise<void>};
	/** Everything of the engine that is there at this moment. */
	readonly traces: () => Promise<Traces>;
	/** Asks until the answer is one that is wanted; throws after 20 seconds. */
	readonly until: <Answer>(ask: () => Promise<Answer> | Answer, isWanted: (answer: Answer) => boolean, limitMs?: number) => Promise<Answer>;
	/** A serial test, skipped with the reason in its title where no machine can be booted. */
	readonly test: (title: string, implementation: Implementation<[]>) => void;
	/** Does something before the engine is taken away, after failed tests too. */
	readonly atEnd: (close: () => Promise<void> | void) => void;
};

const programs = ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-system-aarch64'];

const isExecutable = (file: string) => {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

/** Why no machine can be booted here. */
export const obstacle = process.getuid?.() === 0
	? (programs.some(program => isExecutable(program)) ? undefined : 'needs QEMU')
	: 'needs root';

const collect = (child: ChildProcess, limitMs: number): Running => {
	const out: Uint8Array[] = [];
	const err: Uint8Array[] = [];
	const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
	let isEnded = false;
	child.stdout!.on('data', (chunk: Uint8Array) => out.push(chunk));
	child.stderr!.on('data', (chunk: Uint8Array) => err.push(chunk));
	child.stdin?.on('error', () => undefined);
	const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
	const ended = new Promise<Result>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', status => {
			clearTimeout(timer);
			isEnded = true;
			resolve({status: status ?? undefined, stdout: text(out), stderr: text(err), bytes: Buffer.concat(out)});
		});
	});
	return {
		pid: child.pid!,
		stdout: () => text(out),
		stderr: () => text(err),
		write(input) {
			child.stdin!.write(input);
		},
		end() {
			child.stdin!.end();
		},
		async shows(pattern) {
			for (const deadline = Date.now() + 30_000; ;) {
				// What it said before it ended counts.
				const isOver = isEnded || Date.now() > deadline;
				const match = pattern.exec(text(out));
				if (match) {
					return match;
				}

				if (isOver) {
					throw new Error(`${String(pattern)} was not shown: ${JSON.stringify(text(out).slice(-2000))} ${JSON.stringify(text(err).slice(-2000))}`);
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

const quote = (word: string) => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

/** Ends everything of the engine even when this process is killed: it waits for the end of its standard input, which this process holds. */
const startJanitor = (directory: string, root: string) => {
	const janitor = spawn('sh', ['-c', 'cat; [ -d "$2" ] || exit 0; "$0" "$1" --root "$2" system stop --all; rm -rf "$3"', process.execPath, cli, root, directory], {
		cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'],
	});
	janitor.unref();
	// A handle of a pipe to it would keep this process.
	(janitor.stdin as unknown as {unref: () => void}).unref();
	return janitor;
};

const setUp = async (): Promise<Omit<World, 'test'> & {close: () => Promise<readonly string[]>}> => {
	const directory = await mkdtemp('/tmp/hw-');
	// Machines run as users of their own.
	await chmod(directory, 0o755);
	const root = path.join(directory, 'e');
	const janitor = startJanitor(directory, root);
	const children = new Set<ChildProcess>();
	let terminals = 0;
	const closers: Array<() => Promise<void> | void> = [];

	const start = (program: string, arguments_: readonly string[], {input, open = false, environment = {}, directory: cwd = directory, limitMs = 90_000}: LaunchOptions) => {
		const child = spawn(program, arguments_, {
			cwd,
			env: {
				PATH: process.env.PATH, HOME: directory, LANG: 'C.UTF-8', HOLM_ROOT: root, ...environment,
			},
			stdio: [open || input !== undefined ? 'pipe' : 'ignore', 'pipe', 'pipe'],
		});
		children.add(child);
		child.once('close', () => children.delete(child));
		const running = collect(child, limitMs);
		if (input !== undefined) {
			child.stdin!.end(input);
		}

		return running;
	};

	const launch: World['launch'] = (arguments_, options = {}) => {
		const [program = process.execPath, ...rest] = [...options.through ?? [], process.execPath, '--enable-source-maps', cli, ...arguments_];
		return start(program, rest, options);
	};

	const run: World['run'] = async (arguments_, options) => launch(arguments_, options).ended;

	const until: World['until'] = async (ask, isWanted, limitMs = 20_000) => {
		for (const deadline = Date.now() + limitMs; ;) {
			const answer = await ask();
			if (isWanted(answer)) {
				return answer;
			}

			if (Date.now() > deadline) {
				throw new Error(`not within ${limitMs} ms: ${JSON.stringify(answer)?.slice(0, 1000)}`);
			}

			await delay(50);
		}
	};

	const world = {
		directory,
		root,
		engine: createDockerEngine({kind: 'unix', path: pathsOf(root).socket}),
		launch,
		run,
		async holm(...arguments_: readonly string[]) {
			const {status, stdout, stderr} = await run(arguments_);
			if (status !== 0) {
				throw new Error(`holm ${arguments_.join(' ')}: status ${status}: ${stderr}${stdout}`);
			}

			return stdout.replace(/\n$/v, '');
		},
		terminal(arguments_: readonly string[], {rows, columns} = {rows: 24, columns: 80}) {
			const command = [process.execPath, '--enable-source-maps', cli, ...arguments_].map(word => quote(word)).join(' ');
			terminals++;
			const name = path.join(directory, `terminal-${terminals}`);
			const running = start('script', ['--quiet', '--return', '--command', `tty >${name}; stty rows ${rows} cols ${columns}; exec ${command}`, '/dev/null'], {open: true});
			return {
				...running,
				async resize(size: Size) {
					const device = await readFile(name, 'utf8');
					await execute('stty', ['-F', device.trim(), 'rows', String(size.rows), 'cols', String(size.columns)]);
				},
			};
		},
		until,
		traces: async () => tracesOf(root),
		atEnd(close: () => Promise<void> | void) {
			closers.push(close);
		},
		async close() {
			for (const close of closers.toReversed()) {
				await close();
			}

			for (const child of children) {
				child.kill('SIGKILL');
			}

			await run(['system', 'stop', '--all']);
			const remains = await remainsOf(root, {directory, except: janitor.pid!});
			await rm(directory, {recursive: true, force: true});
			janitor.stdin!.end();
			return remains;
		},
	};
	await buildBox(world);
	return world;
};

/**
An engine for the tests of one file, with the image `box`, which has busybox. It is taken away after them, and a last test says when something of it is left on the host.
*/
export const openWorld = (): World => {
	const world = {} as World & {close?: () => Promise<readonly string[]>};
	const serial: World['test'] = (title, implementation) => {
		if (obstacle === undefined) {
			test.serial(title, implementation);
		} else {
			test.serial.skip(`${title} (${obstacle})`, implementation);
		}
	};

	if (obstacle === undefined) {
		test.before('an engine opens', async t => {
			t.timeout(180_000);
			Object.assign(world, await setUp());
		});
		test.after.always('nothing of the engine is left', async t => {
			t.timeout(60_000);
			t.deepEqual(await world.close?.() ?? [], []);
		});
	}

	return Object.assign(world, {test: serial});
};
