import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import type {BenchTerminal} from './terminal.js';

// USER_HZ; 100 on every architecture.
const ticksPerSecond = 100;

/** Seconds of processor time of a process, all threads together (proc(5), stat: utime and stime). */
export const cpuSecondsOf = async (pid: number): Promise<number> => {
	const text = await readFile(`/proc/${pid}/stat`, 'utf8');
	// The second field is the program's name, which may contain spaces.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** Resident memory of a process in mebibytes, now and at most (proc(5), status: VmRSS and VmHWM). */
export const residentOf = async (pid: number): Promise<readonly [now: number, most: number]> => {
	const text = await readFile(`/proc/${pid}/status`, 'utf8');
	const mebibytes = (field: string) => Number(new RegExp(String.raw`^${field}:\s+(\d+) kB$`, 'mv').exec(text)?.[1]) / 1024;
	return [mebibytes('VmRSS'), mebibytes('VmHWM')];
};

/** Percent of one processor that a program used, and bytes per second that it wrote. */
export type ProcessUse = readonly [cpuPercent: number, bytesPerSecond: number];

/** Measures the use of a program during `work`. */
export const useWhile = async (terminal: BenchTerminal, work: () => Promise<unknown>): Promise<ProcessUse> => {
	const first = terminal.written.length;
	const before = await cpuSecondsOf(terminal.pid);
	const start = performance.now();
	await work();
	const seconds = (performance.now() - start) / 1000;
	const cpu = await cpuSecondsOf(terminal.pid) - before;
	const bytes = terminal.written.slice(first).reduce((sum, written) => sum + written.bytes.length, 0);
	return [cpu / seconds * 100, bytes / seconds];
};

export const useDuring = async (terminal: BenchTerminal, milliseconds: number): Promise<ProcessUse> =>
	useWhile(terminal, async () => sleep(milliseconds));
