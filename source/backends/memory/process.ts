import os from 'node:os';
import {messageOf} from '../../engine/errors.js';
import type {Input, Output} from './pipe.js';
import type {FileTree} from './file-tree.js';

/** The container that a program runs in, as the program sees it. */
export type ProgramHost = {
	readonly hostname: string;
	readonly files: FileTree;
	/** The program that a command names, from a directory; throws `command-not-found` and `not-executable`. */
	readonly findProgram: (name: string, directory: string) => {readonly run: Program; readonly path: string};
	readonly now: () => number;
	/** Resolves after that time, or when the signal aborts. */
	readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
	/** Addresses of a name, as the name servers of the container's networks have them. */
	readonly resolve: (name: string) => readonly string[];
	/** Whether a host answers at an address. */
	readonly answers: (address: string) => boolean;
	/** Resolves once the container is not paused. */
	readonly unfrozen: () => Promise<void>;
	/** All processes by id. */
	readonly processes: Map<number, Process>;
};

/** One run of a program, as the program sees it. */
export type Invocation = {
	readonly host: ProgramHost;
	readonly pid: number;
	/** The name it was called by, then its arguments. */
	readonly command: readonly string[];
	readonly environment: ReadonlyMap<string, string>;
	readonly directory: string;
	readonly user: string;
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	/** Whether its output is a terminal. */
	readonly terminal: boolean;
	/** Aborts when the process ends, whatever the program is doing. */
	readonly signal: AbortSignal;
	/** Handles a signal in place of its usual effect. */
	readonly onSignal: (number: number, handler: () => void) => void;
	/** How many programs the process has had before this one, each in place of the last. */
	readonly replaced?: number;
};

/** A built-in program; resolves with its exit status. */
export type Program = (invocation: Invocation) => Promise<number>;

export type Process = {
	readonly pid: number;
	readonly command: readonly string[];
	readonly user: string;
	readonly startedAt: number;
	/** Resolves with its exit status: 128 plus the signal's number for one that a signal ended. */
	readonly ended: Promise<number>;
	readonly kill: (signal: number) => void;
};

const {SIGCHLD, SIGCONT, SIGINT, SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH} = os.constants.signals;

/** Signals without an effect, 0 among them, and those for which a container is paused instead. */
const harmless = new Set<number>([0, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH]);

/** The exit status after an interrupt from the terminal. */
export const interrupted = 128 + SIGINT;

/** Processes of a container at most, which are all in memory. */
const mostProcesses = 500;

const lastPids = new WeakMap<ProgramHost, number>();

/** The number of a new process, above those of all earlier ones. */
const newPid = (host: ProgramHost): number => {
	if (host.processes.size >= mostProcesses) {
		throw new Error('can\'t fork: Resource temporarily unavailable');
	}

	const pid = (lastPids.get(host) ?? 0) + 1;
	lastPids.set(host, pid);
	return pid;
};

export type ProcessOptions = Omit<Invocation, 'pid' | 'signal' | 'onSignal'> & {
	readonly program: Program;
	/** Process 1 of its name space, on which a signal that it does not handle has no effect (pid_namespaces(7)); only SIGKILL has. */
	readonly isFirst?: boolean;
	/** Interrupts it when it aborts. */
	readonly interrupt?: AbortSignal;
};

/** Starts a program. Its process ends as soon as a signal ends it, even if the program is still doing something. Throws when there are too many processes. */
export const startProcess = ({program, isFirst = false, interrupt, ...surroundings}: ProcessOptions): Process => {
	const {host, command, user} = surroundings;
	const pid = newPid(host);
	const controller = new AbortController();
	const handlers = new Map<number, () => void>();
	const {promise: ended, resolve} = Promise.withResolvers<number>();
	let isEnded = false;
	const end = (exitCode: number) => {
		if (!isEnded) {
			isEnded = true;
			host.processes.delete(pid);
			interrupt?.removeEventListener('abort', onInterrupt);
			controller.abort();
			resolve(exitCode & 255);
		}
	};

	const onInterrupt = () => {
		end(interrupted);
	};

	const guarded = (output: Output): Output => ({
		async write(data) {
			if (!isEnded) {
				await output.write(data);
			}
		},
	});
	const invocation: Invocation = {
		...surroundings,
		pid,
		stdout: guarded(surroundings.stdout),
		stderr: guarded(surroundings.stderr),
		signal: controller.signal,
		onSignal(number, handler) {
			handlers.set(number, handler);
		},
	};

	const run = async () => {
		try {
			end(await program(invocation));
		} catch (error) {
			void invocation.stderr.write(`${command[0]}: ${messageOf(error)}\n`);
			end(1);
		}
	};

	// Once its starter knows the process.
	queueMicrotask(() => {
		void run();
	});

	const process: Process = {
		pid,
		command,
		user,
		startedAt: host.now(),
		ended,
		kill(signal) {
			const handler = handlers.get(signal);
			if (signal === SIGKILL) {
				end(128 + signal);
			} else if (handler) {
				handler();
			} else if (!isFirst && !harmless.has(signal)) {
				end(128 + signal);
			}
		},
	};
	host.processes.set(pid, process);
	interrupt?.addEventListener('abort', onInterrupt, {once: true});
	if (interrupt?.aborted) {
		onInterrupt();
	}

	return process;
};
