import {spawn} from 'node:child_process';
import {open, readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';
import {programPath} from '../environment.js';
import {startTimeOf} from '../workers/worker-process.js';
import {spawned} from '../spawned.js';
import {ownerVariable} from './owner.js';

/** A process that a later engine must recognise: numbers are given again, start times are not. */
export type ProcessIdentity = {
	readonly pid: number;
	/** Clock ticks between the host's boot and the start of the process, field 22 of `/proc/PID/stat`. */
	readonly startTime: string;
	/** Id of the host's boot that the ticks count from. */
	readonly boot: string;
};

/** Id of the host's boot. */
export const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
	const startTime = startTimeOf(pid);
	return startTime === undefined ? undefined : {pid, startTime, boot: await bootId()};
};

export const isAlive = async ({pid, startTime, boot}: ProcessIdentity): Promise<boolean> =>
	boot === await bootId() && startTime === startTimeOf(pid);

/** A process that was killed is gone within this time, unless the host keeps it in the midst of something. */
export const killLimitMs = 10_000;

/** The error for a machine's process that outlives that. */
export const cannotBeKilled = (pid: number | undefined, cause?: unknown): HolmError =>
	new HolmError('unavailable', `the machine's process ${pid} cannot be killed`, {remedy: 'look whether a disk or a file server of the host hangs', cause});

/** Kills the process if it is still the one that was identified, and resolves when it is gone or after two seconds. Throws when that cannot be found out. */
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

			// A daemon without descriptors to spare may have some in a moment.
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
	/** File that takes what the program prints. */
	readonly output: string;
	/** Path of a network namespace to run in, or `none` for an empty one of its own; default the engine's. */
	readonly network?: string;
	/** Descriptors of this process that the program has from 3 on; default none. */
	readonly descriptors?: readonly number[];
	/** Directory of the engine that the process works for; see `ownerVariable`. */
	readonly owner: string;
};

/** The supplementary groups of a machine: the one of the accelerator's device, where that takes one. Its own group stays its first, for the device's has members of the host's. */
export const groupsOf = ({deviceGid}: {readonly deviceGid?: number}): readonly number[] => deviceGid === undefined ? [] : [deviceGid];

/** The command that becomes a program with another user's identity, in a network namespace if one is wanted. Only root may enter a namespace, so that comes first. */
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
Starts a program in a session of its own, as an unprivileged user, so that it outlives the engine and no key of a terminal reaches it. Of the engine's environment and descriptors it has nothing: they may lead to what is not its.

`exited` resolves with how it ended, as long as this engine lives.
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
			/** Needs neither the process's identity nor a descriptor. */
			kill() {
				child.kill('SIGKILL');
			},
		};
	} finally {
		await file.close();
	}
};
