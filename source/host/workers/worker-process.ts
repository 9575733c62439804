import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {isMissing, throwUnreadable} from '../store/missing.js';

/** A process by its id and its start time (clock ticks since boot), which tells it from a later process with the same id. */
export type ProcessIdentity = {readonly pid: number; readonly startTime: string};

/** Field 22 of /proc/PID/stat, see proc(5); undefined if the process has ended or is a zombie. */
export const startTimeOf = (pid: number): string | undefined => {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The second field, a file name in parentheses, may contain any character.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return fields[0] === 'Z' ? undefined : fields[19];
	} catch (error) {
		// The process may end between opening and reading.
		if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ESRCH') {
			throw error;
		}

		return undefined;
	}
};

const isAlive = ({pid, startTime}: ProcessIdentity) => startTimeOf(pid) === startTime;

const signalTo = ({pid}: ProcessIdentity, signal: NodeJS.Signals) => {
	try {
		process.kill(pid, signal);
	} catch {
		// It has ended in the meantime.
	}
};

export const end = async (identity: ProcessIdentity | undefined): Promise<void> => {
	if (!identity) {
		return;
	}

	for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
		for (let waited = 0; waited < 2000 && isAlive(identity); waited += 10) {
			if (waited === 0) {
				signalTo(identity, signal);
			}

			await sleep(10);
		}
	}
};

/** Reads the identity that the worker wrote while it was root. Later data of a worker must not decide which process is killed. */
export const readIdentity = async (pidFile: string): Promise<ProcessIdentity | undefined> => {
	try {
		return JSON.parse(await readFile(pidFile, 'utf8')) as ProcessIdentity;
	} catch (error) {
		throwUnreadable(error);
		return undefined;
	}
};
