import {readFile} from 'node:fs/promises';
import type {ContainerStats} from '../../engine/resources.js';
import type {ListedProcess} from '../../rules/containers/process-columns.js';
import {listedAs, type ProcessList} from '../../rules/containers/process-list.js';
import {guestPaths} from '../containers/bundle.js';
import {machineCpusOf} from '../../rules/containers/cpus.js';
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
		cpus: machineCpusOf(configuration),
		memoryLimitBytes: configuration.memory ?? defaultSize.memoryBytes,
		...hostMemoryBytes !== undefined && {hostMemoryBytes},
	};
};

/** A process is a line of its stat file, a line of user and group, and a line of its command. Names and commands may have line feeds. */
const listCommand = `for p in $(find ${cgroup} -name cgroup.procs -exec cat {} +); do echo "== $p"; tr '\\n' ' ' </proc/$p/stat; echo; sed -n 's/^[UG]id:\\t\\([0-9]*\\).*/\\1/p' /proc/$p/status | tr '\\n' ' '; echo; tr '\\0\\n' '  ' </proc/$p/cmdline; echo; done 2>/dev/null; echo "== now"; cut -d ' ' -f 1 /proc/uptime`;

const pageBytes = 4096;

/** Parses the guest's list of processes. */
export const parseProcesses = (text: string, now: number): readonly ListedProcess[] => {
	const sections = sectionsOf(text);
	const uptime = numberOf(sections.get('now')?.trim());
	return [...sections].filter(([pid]) => /^\d+$/v.test(pid)).flatMap(([pid, section]) => {
		const [stat = '', owner = '', command = ''] = section.split('\n');
		const nameStart = stat.indexOf('(');
		const nameEnd = stat.lastIndexOf(')');
		// From the third field of proc_pid_stat(5) on.
		const fields = stat.slice(nameEnd + 2).trim().split(' ');
		if (nameStart === -1 || fields.length < 20) {
			return [];
		}

		const [user = '', userGroup = ''] = owner.split(' ').map(id => id.replaceAll(/\D/gv, ''));
		const integer = (index: number) => Math.trunc(Number(fields[index])) || 0;
		return [{
			pid: numberOf(pid),
			parent: numberOf(fields[1]),
			group: numberOf(fields[2]),
			session: numberOf(fields[3]),
			user,
			userGroup,
			state: /^[A-Za-z]$/v.test(fields[0]!) ? fields[0]! : '?',
			hasTerminal: fields[4] !== '0',
			cpuSeconds: (numberOf(fields[11]) + numberOf(fields[12])) / clockTicksPerSecond,
			startedAt: now - ((uptime - (numberOf(fields[19]) / clockTicksPerSecond)) * 1000),
			priority: integer(15),
			nice: integer(16),
			threads: numberOf(fields[17]),
			virtualBytes: numberOf(fields[20]),
			residentBytes: numberOf(fields[21]) * pageBytes,
			processor: numberOf(fields[36]),
			flags: numberOf(fields[6]),
			name: stat.slice(nameStart + 1, nameEnd),
			command: command.trim(),
		}];
	});
};

/** Lists the processes of a container, with the pids of its guest, in the columns of `ps` with these options. */
export const listProcesses = async (entry: Entry, psArguments?: string): Promise<ProcessList> => {
	assertAllowed('use', entry);
	const answer = await machineOf(entry)!.agent.run(listCommand);
	const now = Date.now();
	const memoryBytes = entry.container.configuration.memory ?? defaultSize.memoryBytes;
	return listedAs(psArguments, {now, memoryBytes}, parseProcesses(Buffer.from(answer).toString(), now));
};
