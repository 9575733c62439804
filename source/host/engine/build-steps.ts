import type {BuildStep} from '../../engine/builder.js';
import {HolmError} from '../../engine/errors.js';
import {clean, cut} from '../../text/fit.js';
import {guestPaths} from '../containers/bundle.js';
import {machineOf, type Entry} from './context.js';
import {parseProcesses} from './guest-stats.js';
import {createTimedReads} from './timed-reads.js';

/** Of steps, and of processes in each. A step may have thousands. */
const most = 16;

/** Of a command line. */
const readBytes = 1000;
const columns = 200;

const limitMs = 5000;

/** BuildKit has a control group for each step, two levels below that of all. A process is a number of its step, and sections as `parseProcesses` expects them, without user and group. */
const listCommand = [
	'n=0; steps=',
	`for d in /sys/fs/cgroup${guestPaths.cgroup}/steps/*/*/; do n=$((n + 1)); [ $n -le ${most} ] || break`,
	`for p in $(find "$d" -name cgroup.procs -exec cat {} + | head -n ${most}); do steps="$steps $n:$p"; echo "== $p"`,
	String.raw`tr '\n' ' ' </proc/$p/stat; echo; echo; head -c ${readBytes} /proc/$p/cmdline | tr '\0\n' '  '; echo`,
	'done; done 2>/dev/null; echo "== steps"; echo "$steps"; echo "== now"; cut -d " " -f 1 /proc/uptime',
].join('; ');

/** Parses the guest's answer, which is untrusted. */
export const parseSteps = (answer: string): readonly BuildStep[] => {
	// They begin lines, too, and would let a command line begin a section.
	const text = answer.replaceAll(/[\r\u{2028}\u{2029}]/gv, ' ');
	const listed = /^== steps\n(?<steps>[\d :]*)$/mv.exec(text)?.groups!.steps!.trim().split(' ') ?? [];
	const groups = new Map(listed.map(item => {
		const [group, pid] = item.split(':').map(Number);
		return [pid, group] as const;
	}));
	const found = parseProcesses(text, 0).flatMap(({pid, startedAt, name, command: words}) => {
		const group = groups.get(pid);
		const elapsedSeconds = Math.max(0, Math.floor(-startedAt / 1000));
		const command = cut(clean(words === '' ? `[${name}]` : words), columns);
		return group === undefined ? [] : [{group, startedAt, pid, elapsedSeconds, command}];
	}).toSorted((a, b) => a.startedAt - b.startedAt || a.pid - b.pid);
	const order = [...new Set(found.map(({group}) => group))].slice(0, most);
	return order.flatMap((group, index) => {
		const processes = found.filter(process => process.group === group).slice(0, most);
		return processes.map(({pid, elapsedSeconds, command}) => ({step: index + 1, pid, elapsedSeconds, command}));
	});
};

/** Creates the function that lists the processes of the steps that run in the builder. */
export const createStepReader = (): ((entry: Entry | undefined) => Promise<readonly BuildStep[]>) => {
	const readAll = createTimedReads(async (entry: Entry) => {
		const answer = await machineOf(entry)!.agent.run(listCommand);
		return parseSteps(Buffer.from(answer).toString());
	}, limitMs);
	return async entry => {
		if (!entry || !machineOf(entry)) {
			return [];
		}

		const [reading] = await readAll([entry]);
		if (!reading) {
			throw new HolmError('unavailable', 'the builder did not list its steps', {remedy: 'it may be busy or ending; try again'});
		}

		return reading[1];
	};
};
