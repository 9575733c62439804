import {spawn} from 'node:child_process';
import {open, readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';
import {programPath} from '../environment.js';
import {startTimeOf} from '../workers/worker-process.js';
import {spawned} from '../spawned.js';
import {ownerVariable} from './owner.js';

/** Identifies a process across restarts of the engine. Process ids are reused, start times are not. */
export type ProcessIdentity = {
	readonly pid: number;
	/** Clock ticks between the host's boot and the start of the process, field 22 of `/proc/PID/stat`. */
	readonly startTime: string;
	/** Boot id of the host at that time. */
	readonly boot: string;
};

/** The host's boot id. */
export const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
	const startTime = startTimeOf(pid);
	return startTime === undefined ? undefined : {pid, startTime, boot: await bootId()};
};

export const isAlive = async ({pid, startTime, boot}: ProcessIdentity): Promise<boolean> =>
	boot === await bootId() && startTime === startTimeOf(pid);

/** A killed process ends within this time, unless it is stuck in a system call. */
export const killLimitMs = 10_000;

/** The error for a process that outlives `killLimitMs`. */
export const cannotBeKilled = (pid: number | undefined, cause?: unknown): HolmError =>
	new HolmError('unavailable', `the machine's process ${pid} cannot be killed`, {remedy: 'check whether a disk or a file server of the host hangs', cause});

/** Kills the process if it still is the identified one. Resolves when it has ended, or after two seconds. Throws if its state cannot be read. */
export const killProcess = async (identity: ProcessIdentity): Promise<void> => {
	for (let attempt = 1; attempt <= 200; attempt++) {
		try {
			if (!await isAlive(identity)) {
				return;
			}

			process.kill(identity.pid, 'SIGKILL');
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ESRCH') {
				return;
			}

			// The daemon may be out of descriptors only for a moment.
			if (attempt === 200) {
				throw error;
			}
		}

		await delay(10);
	}
};

export type DetachedOptions = {
	readonly uid: number;
	readonly gid: number;
	/** Supplementary groups; default none, not those of the engine. */
	readonly groups?: readonly number[];
	/** File for the program's output. */
	readonly output: string;
	/** Path of a network namespace to run in, or `none` for a new, empty one; default the engine's. */
	readonly network?: string;
	/** Descriptors of this process that the program inherits, from 3 on; default none. */
	readonly descriptors?: readonly number[];
	/** Directory of the engine that the process works for; see `ownerVariable`. */
	readonly owner: string;
};

/** The supplementary groups of a machine: the group of the accelerator's device, if needed. It is not the primary group, because users of the host may be members of it. */
export const groupsOf = ({deviceGid}: {readonly deviceGid?: number}): readonly number[] => deviceGid === undefined ? [] : [deviceGid];

/** The command that runs a program as another user, optionally in a network namespace. Entering the namespace comes first, because it needs root. */
export const commandAs = (
	program: string,
	arguments_: readonly string[],
	{uid, gid, groups = [], network}: Omit<DetachedOptions, 'output' | 'descriptors' | 'owner'>,
): readonly [file: string, ...arguments_: string[]] => {
	const identity = ['--reuid', String(uid), '--regid', String(gid), ...(groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups'])];
	const command = ['setpriv', ...identity, '--', program, ...arguments_] as const;
	if (network === undefined) {
		return command;
	}

	return network === 'none' ? ['unshare', '--net', '--', ...command] : ['nsenter', `--net=${network}`, '--', ...command];
};

export type DetachedProcess = Awaited<ReturnType<typeof spawnDetached>>;

/**
Starts a program in its own session, as an unprivileged user, so that it outlives the engine and receives no signals of a terminal. It inherits neither environment nor descriptors of the engine.

`exited` resolves with how it ended, while this engine lives.
*/
export const spawnDetached = async (
	program: string,
	arguments_: readonly string[],
	{output, descriptors = [], owner, ...identity}: DetachedOptions,
) => {
	const [command, ...rest] = commandAs(program, arguments_, identity);
	const file = await open(output, 'a', 0o600);
	try {
		const child = spawned(spawn(command, rest, {
			cwd: '/', detached: true, env: {PATH: programPath, [ownerVariable]: owner}, stdio: ['ignore', file.fd, file.fd, ...descriptors],
		}));
		const exited = new Promise<{readonly exitCode: number | undefined; readonly signal: NodeJS.Signals | undefined}>(resolve => {
			child.on('error', () => {
				resolve({exitCode: 127, signal: undefined});
			});
			child.on('exit', (exitCode, signal) => {
				resolve({exitCode: exitCode ?? undefined, signal: signal ?? undefined});
			});
		});
		return {
			pid: child.pid,
			exited,
			/** Needs neither the process's identity nor a free descriptor. */
			kill() {
				child.kill('SIGKILL');
			},
		};
	} finally {
		await file.close();
	}
};
