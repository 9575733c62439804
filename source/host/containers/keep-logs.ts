import {chown, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {messageOf} from '../../engine/errors.js';
import {isAlive, killProcess} from '../machines/process.js';
import {machineFiles} from '../machines/qemu.js';
import {connectQmp} from '../machines/qmp.js';
import {readRecord} from '../machines/record.js';
import {floodOf} from '../machines/status.js';
import {defaultLogLimits, rotateLog, type LogLimits} from './log-rotation.js';

export type KeepOptions = {
	/** Directory with those of the machines. */
	readonly machines: string;
	readonly limits?: LogLimits;
	/** Takes lines about what could not be done. */
	readonly complain: (line: string) => void;
};

/** A QEMU that takes longer is asked again later. */
const answerLimitMs = 5000;

/** Between two looks, in milliseconds: at logs that grow, and at those that do not. */
const [shortestPause, longestPause] = [50, 1000];

type Known = {
	readonly size: number;
	readonly lookedAt: number;
};

/** Half of the time after which a log reaches its limit if it goes on growing as it did, within bounds. */
export const pauseAfter = (before: Known | undefined, now: Known, limit: number): number => {
	const growth = before === undefined ? 0 : now.size - before.size;
	const left = Math.max(limit - now.size, 0);
	const untilLimit = growth > 0 ? left * (now.lookedAt - before!.lookedAt) / growth : Infinity;
	return Math.min(Math.max(untilLimit / 2, shortestPause), longestPause);
};

/** Has QEMU go on in another file of the same owner, over a monitor that nothing else uses. */
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
Keeps what machines write within bounds: rotates their logs, and ends a machine whose console or status port was flooded, as no engine may be there to do it.

It finds the machines by their records, and needs to be told nothing.
*/
export const createLogKeeper = ({machines, limits = defaultLogLimits, complain}: KeepOptions) => {
	let known = new Map<string, Known>();
	const busy = new Map<string, Promise<void>>();
	/** Of machines seen for the first time, and of those whose last rotation failed, a rotation may have been cut short. */
	const finished = new Set<string>();
	const complaints = new Map<string, string>();

	const complainOnce = (name: string, line: string) => {
		if (complaints.get(name) !== line) {
			complaints.set(name, line);
			complain(`machine ${name}: ${line}`);
		}
	};

	const rotate = async (name: string, log: string): Promise<void> => {
		try {
			await rotateLog(log, async file => swapLog(path.join(machines, name), log, file), limits);
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
			complain(`machine ${name}: ${flooded}, and it is ended`);
			await killProcess(record.qemu);
			return undefined;
		}

		const {log} = record;
		if (log === undefined || busy.has(name)) {
			return known.get(name);
		}

		const {size} = await stat(log);
		if (size >= limits.bytes || !finished.has(name)) {
			// One that does not answer must not keep the others waiting.
			busy.set(name, rotate(name, log));
		}

		return {size, lookedAt: performance.now()};
	};

	return {
		/** Looks at every machine once. Resolves with the milliseconds after which to look again. */
		async look(): Promise<number> {
			const names = await readdir(machines);
			let pause = longestPause;
			const seen = new Map<string, Known>();
			await Promise.all(names.map(async name => {
				try {
					const now = await lookAt(name);
					if (now) {
						pause = Math.min(pause, pauseAfter(known.get(name), now, limits.bytes));
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
		/** Resolves when no rotation is under way. */
		async settle(): Promise<void> {
			await Promise.all(busy.values());
		},
	};
};
