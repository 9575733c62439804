import {chown, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {messageOf} from '../../engine/errors.js';
import {isAlive, killProcess} from '../machines/process.js';
import {machineFiles} from '../machines/qemu.js';
import {connectQmp} from '../machines/qmp.js';
import {readRecord} from '../machines/record.js';
import {floodOf} from '../machines/status.js';
import {defaultLogLimits, type LogLimits} from '../../rules/containers/logging.js';
import {rotateLog} from './log-rotation.js';

export type KeepOptions = {
	/** Parent of the machines' directories. */
	readonly machines: string;
	readonly limits?: LogLimits;
	/** Called with a line for each failure. */
	readonly complain: (line: string) => void;
};

/** If QEMU takes longer, it is tried again later. */
const answerLimitMs = 5000;

/** Milliseconds between two checks: of a fast-growing log, and of an idle one. */
const [shortestPause, longestPause] = [50, 1000];

type Known = {
	readonly size: number;
	readonly lookedAt: number;
	/** Size at which the log is rotated. */
	readonly limit: number;
};

/** Half of the time in which a log reaches its limit at its present rate, within the bounds above. */
export const pauseAfter = (before: Omit<Known, 'limit'> | undefined, now: Omit<Known, 'limit'>, limit: number): number => {
	const growth = before === undefined ? 0 : now.size - before.size;
	const left = Math.max(limit - now.size, 0);
	const untilLimit = growth > 0 ? left * (now.lookedAt - before!.lookedAt) / growth : Infinity;
	return Math.min(Math.max(untilLimit / 2, shortestPause), longestPause);
};

/** Makes QEMU log to another file with the same owner, through a monitor that nothing else uses. */
const swapLog = async (directory: string, log: string, file: string): Promise<void> => {
	const signal = AbortSignal.timeout(answerLimitMs);
	const qmp = await connectQmp(machineFiles(directory).logMonitor, signal);
	signal.addEventListener('abort', qmp.close);
	try {
		const {uid, gid} = await stat(log);
		await chown(file, uid, gid);
		await qmp.execute('chardev-change', {id: 'log', backend: {type: 'file', data: {out: file, append: true}}});
	} finally {
		qmp.close();
	}
};

/**
Limits what machines write: rotates their logs, and kills a machine that floods its console or status port. It works without the daemon.

It finds the machines by their records and takes no requests.
*/
export const createLogKeeper = ({machines, limits = defaultLogLimits, complain}: KeepOptions) => {
	let known = new Map<string, Known>();
	const busy = new Map<string, Promise<void>>();
	/** Machines whose last rotation is complete. For any other, an earlier rotation may have been interrupted. */
	const finished = new Set<string>();
	const complaints = new Map<string, string>();

	const complainOnce = (name: string, line: string) => {
		if (complaints.get(name) !== line) {
			complaints.set(name, line);
			complain(`machine ${name}: ${line}`);
		}
	};

	const rotate = async (name: string, log: string, ownLimits: LogLimits): Promise<void> => {
		try {
			await rotateLog(log, async file => swapLog(path.join(machines, name), log, file), ownLimits);
			finished.add(name);
			complaints.delete(name);
		} catch (error) {
			finished.delete(name);
			complainOnce(name, `its log was not rotated: ${messageOf(error)}`);
		} finally {
			busy.delete(name);
		}
	};

	const lookAt = async (name: string): Promise<Known | undefined> => {
		const directory = path.join(machines, name);
		const record = await readRecord(directory);
		if (!record?.qemu || !await isAlive(record.qemu)) {
			return undefined;
		}

		const flooded = await floodOf(directory);
		if (flooded) {
			complain(`machine ${name}: ${flooded}; it is killed`);
			await killProcess(record.qemu);
			return undefined;
		}

		const {log, logLimits = limits} = record;
		if (log === undefined || busy.has(name)) {
			return known.get(name);
		}

		const {size} = await stat(log);
		if (size >= logLimits.bytes || !finished.has(name)) {
			// Not awaited: a machine that does not answer must not delay the others.
			busy.set(name, rotate(name, log, logLimits));
		}

		return {size, lookedAt: performance.now(), limit: logLimits.bytes};
	};

	return {
		/** Checks every machine once. Resolves with the milliseconds until the next check. */
		async look(): Promise<number> {
			const names = await readdir(machines);
			let pause = longestPause;
			const seen = new Map<string, Known>();
			await Promise.all(names.map(async name => {
				try {
					const now = await lookAt(name);
					if (now) {
						pause = Math.min(pause, pauseAfter(known.get(name), now, now.limit));
						seen.set(name, now);
					}
				} catch (error) {
					complainOnce(name, messageOf(error));
				}
			}));
			known = seen;
			for (const memory of [finished, complaints]) {
				for (const name of memory.keys()) {
					if (!seen.has(name)) {
						memory.delete(name);
					}
				}
			}

			return pause;
		},
		/** Resolves when all rotations in progress have ended. */
		async settle(): Promise<void> {
			await Promise.all(busy.values());
		},
	};
};
