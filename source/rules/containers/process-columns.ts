/** A process of a container, as proc(5) describes it. */
export type ListedProcess = {
	readonly pid: number;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	/** Name or number. */
	readonly user: string;
	/** Name or number. */
	readonly userGroup: string;
	/** One letter, such as `S`. */
	readonly state: string;
	readonly hasTerminal: boolean;
	readonly cpuSeconds: number;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	readonly priority: number;
	readonly nice: number;
	readonly threads: number;
	readonly virtualBytes: number;
	readonly residentBytes: number;
	readonly processor: number;
	readonly flags: number;
	/** The name of its program, at most 15 bytes. */
	readonly name: string;
	/** The command with its arguments; empty for a kernel thread or a zombie. */
	readonly command: string;
};

export type Listing = {
	/** Milliseconds since the epoch. */
	readonly now: number;
	readonly memoryBytes: number;
};

export type Column = {readonly title: string; readonly value: (process: ListedProcess, listing: Listing) => string};

const twoDigits = (number: number) => String(Math.floor(number)).padStart(2, '0');

/** `[DD-]hh:mm:ss`. */
const clockTime = (seconds: number): string => {
	const days = Math.floor(seconds / 86_400);
	return `${days > 0 ? `${days}-` : ''}${[seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(part => twoDigits(part)).join(':')}`;
};

const elapsedSeconds = ({startedAt}: ListedProcess, {now}: Listing) => Math.max((now - startedAt) / 1000, 0);

const elapsed = (process: ListedProcess, listing: Listing): string => clockTime(elapsedSeconds(process, listing)).replace(/^00:/v, '');

const cpuPercent = (process: ListedProcess, listing: Listing) => process.cpuSeconds / Math.max(elapsedSeconds(process, listing), 1) * 100;

/** The time of the start, or its day if that was another one. */
const startTime = ({startedAt}: ListedProcess, {now}: Listing): string => {
	const start = new Date(startedAt);
	return start.toDateString() === new Date(now).toDateString()
		? start.toTimeString().slice(0, 5)
		: start.toDateString().slice(4, 10).replace(' ', '');
};

const kibibytes = (bytes: number) => String(Math.round(bytes / 1024));

const command = ({command: whole, name}: ListedProcess) => whole || `[${name}]`;

const terminal = ({hasTerminal}: ListedProcess) => hasTerminal ? 'pts/0' : '?';

/** The state with BSD's marks: high and low priority, session leader, threads. */
const markedState = ({state, nice, session, pid, threads}: ListedProcess) =>
	state + (nice < 0 ? '<' : (nice > 0 ? 'N' : '')) + (session === pid ? 's' : '') + (threads > 1 ? 'l' : '');

const columns: ReadonlyArray<readonly [names: string, title: string, value: Column['value']]> = [
	['pid tgid', 'PID', ({pid}) => String(pid)],
	['ppid', 'PPID', ({parent}) => String(parent)],
	['pgid pgrp', 'PGID', ({group}) => String(group)],
	['sid sess session', 'SID', ({session}) => String(session)],
	['uid euid ruid', 'UID', ({user}) => user],
	['user euser ruser uname', 'USER', ({user}) => user],
	['gid egid rgid', 'GID', ({userGroup}) => userGroup],
	['group egroup rgroup', 'GROUP', ({userGroup}) => userGroup],
	['s state', 'S', ({state}) => state],
	['stat', 'STAT', markedState],
	['tty tt tname', 'TTY', terminal],
	['time cputime', 'TIME', ({cpuSeconds}) => clockTime(cpuSeconds)],
	['etime', 'ELAPSED', elapsed],
	['etimes', 'ELAPSED', (process, listing) => String(Math.floor(elapsedSeconds(process, listing)))],
	['stime', 'STIME', startTime],
	['start start_time bsdstart', 'START', startTime],
	['lstart', 'STARTED', ({startedAt}) => new Date(startedAt).toString().slice(0, 24)],
	['c', 'C', (process, listing) => String(Math.round(cpuPercent(process, listing)))],
	['%cpu pcpu', '%CPU', (process, listing) => cpuPercent(process, listing).toFixed(1)],
	['%mem pmem', '%MEM', ({residentBytes}, {memoryBytes}) => (residentBytes / Math.max(memoryBytes, 1) * 100).toFixed(1)],
	['rss rssize rsz', 'RSS', ({residentBytes}) => kibibytes(residentBytes)],
	['vsz vsize', 'VSZ', ({virtualBytes}) => kibibytes(virtualBytes)],
	['sz', 'SZ', ({virtualBytes}) => String(Math.round(virtualBytes / 4096))],
	['pri', 'PRI', ({priority}) => String(39 - priority)],
	['ni nice', 'NI', ({nice}) => String(nice)],
	['nlwp thcount', 'NLWP', ({threads}) => String(threads)],
	['psr', 'PSR', ({processor}) => String(processor)],
	['f flag flags', 'F', ({flags}) => (Math.floor(flags / 64) % 8).toString(8)],
	['addr', 'ADDR', () => '-'],
	['wchan', 'WCHAN', () => '-'],
	['comm ucomm', 'COMMAND', ({name}) => name],
	['ucmd', 'CMD', ({name}) => name],
	['cmd', 'CMD', command],
	['args command', 'COMMAND', command],
];

const byName = new Map(columns.flatMap(([names, title, value]) => names.split(' ').map(name => [name, {title, value}] as const)));

/** A column of `ps`, as procps names it. */
export const columnNamed = (name: string): Column | undefined => byName.get(name);
