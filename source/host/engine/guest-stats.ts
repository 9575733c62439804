import {readFile} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {ContainerStats} from '../../engine/resources.js';
import {guestPaths} from '../containers/bundle.js';
import {defaultSize} from '../guest.js';
import {machineOf, type Entry} from './context.js';
import {assertAllowed} from './phases.js';

const cgroup = `/sys/fs/cgroup${guestPaths.cgroup}`;

/** Reads all files with one command; a line with its name precedes each. */
const readCommand = `for f in cpu.stat memory.current pids.current io.stat; do echo "== $f"; cat ${cgroup}/$f; done; echo "== stat"; head -n 1 /proc/stat; echo "== net"; cat /proc/net/dev`;

/** The guest is untrusted: every number is validated. */
const numberOf = (text: string | undefined): number => {
	const value = Number(text);
	return Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0;
};

const sectionsOf = (text: string): ReadonlyMap<string, string> => new Map(text.split(/^== /mv).slice(1).map(section => {
	const end = section.indexOf('\n');
	return [section.slice(0, end), section.slice(end + 1)] as const;
}));

const clockTicksPerSecond = 100;

type Reading = Omit<ContainerStats, 'readAt' | 'cpus' | 'memoryLimitBytes' | 'hostMemoryBytes'>;

/** Parses the statistics from the guest's files: cgroup v2, proc(5). */
export const parseReading = (text: string): Reading => {
	const sections = sectionsOf(text);
	const cpu = /^usage_usec (?<usage>\d+)$/mv.exec(sections.get('cpu.stat') ?? '')?.groups?.usage;
	const ticks = (sections.get('stat') ?? '').trim().split(/\s+/v).slice(1, 9).map(field => numberOf(field));
	const io = [...(sections.get('io.stat') ?? '').matchAll(/\b(?<key>rbytes|wbytes)=(?<value>\d+)/gv)];
	const sum = (key: string) => io.filter(({groups}) => groups!.key === key).reduce((total, {groups}) => total + numberOf(groups!.value), 0);
	const networks = (sections.get('net') ?? '').split('\n').flatMap(line => {
		const match = /^ *(?<name>eth\d{1,3}):(?<fields>[\d ]+)$/v.exec(line);
		const fields = match?.groups!.fields!.trim().split(/ +/v).map(field => numberOf(field)) ?? [];
		return match && fields.length >= 10
			? [[match.groups!.name!, {
				receivedBytes: fields[0]!, receivedPackets: fields[1]!, sentBytes: fields[8]!, sentPackets: fields[9]!,
			}] as const]
			: [];
	});
	return {
		cpuNanoseconds: numberOf(cpu) * 1000,
		systemCpuNanoseconds: ticks.reduce((total, value) => total + value, 0) * (1e9 / clockTicksPerSecond),
		memoryBytes: numberOf(sections.get('memory.current')?.trim()),
		pids: numberOf(sections.get('pids.current')?.trim()),
		networks: Object.fromEntries(networks),
		blockReadBytes: sum('rbytes'),
		blockWrittenBytes: sum('wbytes'),
	};
};

/** Resident memory of a host process, in bytes; undefined once it has ended. */
const residentBytes = async (pid: number): Promise<number | undefined> => {
	try {
		const status = await readFile(`/proc/${pid}/status`, 'utf8');
		return numberOf(/^VmRSS:\s+(?<kibibytes>\d+) kB$/mv.exec(status)?.groups?.kibibytes) * 1024;
	} catch {
		return undefined;
	}
};

/** Reads the statistics of a running container once. Throws `conflict` if it does not run. */
export const readStats = async (entry: Entry): Promise<ContainerStats> => {
	assertAllowed('use', entry);
	const {container: {configuration}} = entry;
	const machine = machineOf(entry);
	const [answer, hostMemoryBytes] = await Promise.all([machine!.agent.run(readCommand), residentBytes(machine!.pid)]);
	return {
		...parseReading(Buffer.from(answer).toString('latin1')),
		readAt: Date.now(),
		cpus: configuration.cpus ?? defaultSize.cpus,
		memoryLimitBytes: configuration.memory ?? defaultSize.memoryBytes,
		...hostMemoryBytes !== undefined && {hostMemoryBytes},
	};
};

export type ProcessList = {readonly titles: readonly string[]; readonly processes: ReadonlyArray<readonly string[]>};

const listCommand = `for p in $(find ${cgroup} -name cgroup.procs -exec cat {} +); do echo "== $p"; cat /proc/$p/stat; sed -n 's/^Uid:\\t\\([0-9]*\\).*/\\1/p' /proc/$p/status; tr '\\0\\n' '  ' </proc/$p/cmdline; echo; done 2>/dev/null; echo "== now"; cut -d ' ' -f 1 /proc/uptime`;

const minutesAndSeconds = (seconds: number) => [seconds / 3600, seconds / 60 % 60, seconds % 60].map(part => String(Math.floor(part)).padStart(2, '0')).join(':');

/** Parses the guest's process list into the columns of `ps -ef`. */
export const parseProcesses = (text: string, now: number): ProcessList => {
	const sections = sectionsOf(text);
	const uptime = numberOf(sections.get('now')?.trim());
	const processes = [...sections].filter(([pid]) => /^\d+$/v.test(pid)).flatMap(([pid, section]) => {
		const nameStart = section.indexOf('(');
		const nameEnd = section.lastIndexOf(')');
		const fields = section.slice(nameEnd + 2).split('\n')[0]?.split(' ') ?? [];
		const [uid = '', command = ''] = section.slice(nameEnd + 2).split('\n').slice(1);
		if (nameStart === -1 || fields.length < 20) {
			return [];
		}

		const startedSeconds = numberOf(fields[19]) / clockTicksPerSecond;
		const cpuSeconds = (numberOf(fields[11]) + numberOf(fields[12])) / clockTicksPerSecond;
		const startedAt = new Date(now - (uptime - startedSeconds) * 1000);
		return [[
			uid.replaceAll(/\D/gv, ''),
			pid,
			String(numberOf(fields[1])),
			String(Math.round(cpuSeconds / Math.max(uptime - startedSeconds, 1) * 100)),
			startedAt.toTimeString().slice(0, 5),
			fields[4] === '0' ? '?' : 'pts/0',
			minutesAndSeconds(cpuSeconds),
			command.trim() || `[${section.slice(nameStart + 1, nameEnd)}]`,
		]];
	});
	return {titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], processes};
};

/** Lists the processes of a container, with the pids of its guest. Only the columns of `ps -ef` are supported. */
export const listProcesses = async (entry: Entry, psArguments = '-ef'): Promise<ProcessList> => {
	assertAllowed('use', entry);
	if (!['-ef', '', 'ef', '-f', '-e'].includes(psArguments.trim())) {
		throw new HolmError('unsupported', `holm top does not support the options ${JSON.stringify(psArguments.slice(0, 64))}`, {remedy: 'leave them out for the columns of ps -ef'});
	}

	const answer = await machineOf(entry)!.agent.run(listCommand);
	return parseProcesses(Buffer.from(answer).toString(), Date.now());
};
