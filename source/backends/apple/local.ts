import {spawn, type ChildProcess} from 'node:child_process';
import {watch, type FSWatcher} from 'node:fs';
import type {Readable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {flavourOf, onTerminal, resizing} from './pseudo-terminal.js';
import type {Execution, Transport} from './transport.js';

/**
Runs the program that follows on a terminal. `script` needs a pipe as its input, and Node's are sockets.

When it has ended, its status is written, and what still waits for input is ended.
*/
const bridge = 'cat | { "$@"; echo "exit $?" >&3; kill -TERM 0; }';

/** Milliseconds between two looks at a directory that cannot be watched. */
const unwatchedMs = 1000;

const flavour = flavourOf(process.platform === 'darwin' ? 'Darwin' : 'Linux');

/** Reads what `bridge` and the terminal say on file descriptor 3: the terminal's name, then the status. */
const readReport = (report: Readable) => {
	const named = Promise.withResolvers<string | undefined>();
	let text = '';
	report.on('data', chunk => {
		text += String(chunk);
		const terminal = /^(?<name>\/dev\/\S+)\n/v.exec(text)?.groups?.name;
		if (terminal !== undefined) {
			named.resolve(terminal);
		}
	}).on('error', () => undefined).on('close', () => {
		named.resolve(undefined);
	});
	return {
		named: named.promise,
		/** Resolves when all of it was read. */
		whole: new Promise<void>(resolve => {
			report.once('close', resolve);
		}),
		exitCode() {
			const code = /^exit (?<code>\d+)$/mv.exec(text)?.groups?.code;
			return code === undefined ? undefined : Number(code);
		},
	};
};

const signalGroup = ({pid}: ChildProcess, name: string) => {
	try {
		process.kill(-pid!, name);
	} catch {
		// It has ended already.
	}
};

export type LocalOptions = {
	/** Default the process's. */
	readonly environment?: Readonly<Record<string, string | undefined>>;
};

/** What is to be ended with this process. */
const open = new Set<() => void>();

const closeAll = () => {
	for (const close of open) {
		close();
	}
};

/** Processes of this host, each in a process group of its own. */
export const createLocalTransport = ({environment = process.env}: LocalOptions = {}): Transport => {
	const {CONTAINER_DEFAULT_PLATFORM, CONTAINER_DEBUG, ...inherited} = environment;
	const going = new Set<ChildProcess>();
	const close = () => {
		for (const child of going) {
			signalGroup(child, 'SIGKILL');
		}

		going.clear();
		open.delete(close);
		if (open.size === 0) {
			process.off('exit', closeAll);
		}
	};

	if (open.size === 0) {
		process.once('exit', closeAll);
	}

	open.add(close);
	return {
		name: 'this host',
		async execute(argv, {terminal, environment: more} = {}): Promise<Execution> {
			const [program = '', ...words] = terminal ? ['/bin/sh', '-c', bridge, 'sh', ...onTerminal(argv, terminal, flavour)] : argv;
			const child = spawn(program, words, {
				detached: true,
				stdio: ['pipe', 'pipe', 'pipe', ...terminal ? ['pipe' as const] : []],
				env: {...inherited, NO_COLOR: '1', ...more},
			});
			const {promise: ended, resolve} = Promise.withResolvers<{exitCode?: number; signal?: string}>();
			const {promise: spawned, resolve: onSpawn, reject: onError} = Promise.withResolvers<void>();
			going.add(child);
			child.once('spawn', onSpawn);
			child.once('error', error => {
				going.delete(child);
				onError(new HolmError(
					'unavailable',
					`cannot run ${JSON.stringify(argv[0])}: ${messageOf(error)}`,
					{remedy: 'install it, or make it executable', cause: error},
				));
			});
			const report = terminal && readReport(child.stdio[3] as Readable);
			const onExit = async (code: number | null, signal: NodeJS.Signals | null) => {
				going.delete(child);
				await report?.whole;
				const exitCode = report?.exitCode() ?? code ?? undefined;
				resolve(exitCode === undefined ? {signal: signal ?? undefined} : {exitCode});
			};

			child.once('exit', (code, signal) => {
				void onExit(code, signal);
			});
			const {stdin, stdout, stderr} = child as ChildProcess & {stdin: Execution['stdin']; stdout: Readable; stderr: Readable};
			for (const stream of [stdin, stdout, stderr]) {
				stream?.on('error', () => undefined);
			}

			await spawned;
			// Input before the terminal is raw would be echoed twice.
			const name = await report?.named;
			return {
				stdin,
				stdout,
				stderr,
				ended,
				signal(signal) {
					signalGroup(child, signal);
				},
				resize(size) {
					if (name !== undefined) {
						const [stty = '', ...rest] = resizing(name, size, flavour);
						spawn(stty, rest, {stdio: 'ignore'}).on('error', () => undefined);
					}
				},
				release() {
					going.delete(child);
					child.unref();
					for (const stream of child.stdio) {
						(stream as {unref?: () => void} | null)?.unref?.();
					}
				},
			};
		},
		watch(directory, name, onChange) {
			let timer: NodeJS.Timeout | undefined;
			// It was removed, or this host watches no more files.
			const lookRegularly = () => {
				onChange();
				timer ??= setInterval(onChange, unwatchedMs);
				timer.unref();
			};

			let watcher: FSWatcher | undefined;
			try {
				watcher = watch(directory, {persistent: false}, (_, changed) => {
					if (changed === null || changed === name) {
						onChange();
					}
				});
				watcher.on('error', lookRegularly);
			} catch {
				lookRegularly();
			}

			return () => {
				watcher?.close();
				clearInterval(timer);
			};
		},
		close,
	};
};
