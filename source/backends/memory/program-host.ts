import {Buffer} from 'node:buffer';
import type {Container} from '../../engine/resources.js';
import {isAnswering, resolveFor} from './dns.js';
import type {OutputHub} from './output-hub.js';
import {emptyInput, type Output, type Pipe} from './pipe.js';
import {startProcess, type Process, type ProcessOptions, type ProgramHost} from './process.js';
import {findProgram} from './programs/find-program.js';
import type {ContainerRecord, State} from './state.js';
import {createTerminalDevice, type TerminalDevice} from './terminal-device.js';

const hostnameOf = ({configuration, id}: Container): string => configuration.hostname ?? id.slice(0, 12);

/** The environment of a process: its own variables over those that every container has. */
export const environmentOf = (container: Container, more: readonly string[] = [], hasTerminal = container.configuration.terminal) => {
	const user = container.process.user.split(':', 1)[0] || 'root';
	const defaults = [`HOSTNAME=${hostnameOf(container)}`, `HOME=${user === 'root' || user === '0' ? '/root' : '/'}`, ...hasTerminal ? ['TERM=xterm'] : []];
	return new Map([...defaults, ...container.process.environment, ...more].map(variable => {
		const [name = ''] = variable.split('=', 1);
		return [name, variable.slice(name.length + 1)] as const;
	}));
};

/** Processes of a container at most, which are all in memory. */
const mostProcesses = 500;

const lastPids = new WeakMap<ReadonlyMap<number, unknown>, number>();

/** The number of a new process, above those of all earlier ones. */
const freePid = (pids: ReadonlyMap<number, unknown>): number => {
	const pid = Math.max(lastPids.get(pids) ?? 0, ...pids.keys()) + 1;
	lastPids.set(pids, pid);
	return pid;
};

/** Resolves once a container is not paused, or has ended. */
const unfrozen = async (record: ContainerRecord): Promise<void> => {
	while (record.run?.frozen) {
		await record.run.frozen.thawed;
	}
};

/** The container as its programs see it. */
const hostOf = (state: State, record: ContainerRecord): ProgramHost => ({
	hostname: hostnameOf(record.container),
	files: record.files,
	findProgram: (name, directory) => findProgram(record.files, name, directory),
	now: state.now,
	async sleep(milliseconds, signal) {
		await state.timers.delay(milliseconds, signal);
		await unfrozen(record);
	},
	unfrozen: async () => unfrozen(record),
	resolve: name => resolveFor(state, record, name),
	answers: address => isAnswering(state, record, address),
	processes: () => [...record.run?.processes.values() ?? []],
	enter(command, user) {
		const {run} = record;
		if (run && run.processes.size >= mostProcesses) {
			throw new Error('can\'t fork: Resource temporarily unavailable');
		}

		const pid = run ? freePid(run.processes) : 0;
		run?.processes.set(pid, {
			command, user, pid, startedAt: state.now(), kill: () => undefined,
		});
		return {
			pid,
			leave() {
				run?.processes.delete(pid);
			},
		};
	},
});

type StartOptions = Pick<ProcessOptions, 'pid' | 'program' | 'isFirst' | 'command' | 'environment' | 'directory'> & {
	/** A user, perhaps with a group: `user:group`. */
	readonly user: string;
	readonly input: Pipe;
	readonly isInputOpen: boolean;
	readonly output: OutputHub;
	readonly hasTerminal: boolean;
};

type Started = {readonly process: Process; readonly device: TerminalDevice | undefined};

/** Starts a program in a container, between an input and an output hub or on a terminal. */
export const startInContainer = (state: State, record: ContainerRecord, options: StartOptions): Started => {
	const {user, input, isInputOpen, output, hasTerminal, ...program} = options;
	const outputOf = (stream: 'stdout' | 'stderr'): Output => ({
		async write(data) {
			await unfrozen(record);
			await output.write(stream, typeof data === 'string' ? Buffer.from(data) : data);
		},
	});
	const screen = outputOf('stdout');
	const signal = (number: number) => {
		process.kill(number);
	};

	const device = hasTerminal ? createTerminalDevice({input, screen, signal}) : undefined;
	const process = startProcess({
		...program,
		host: hostOf(state, record),
		user: user.split(':', 1)[0] || 'root',
		stdin: isInputOpen ? input : emptyInput,
		stdout: device?.output ?? screen,
		stderr: device?.output ?? outputOf('stderr'),
		terminal: hasTerminal,
	});
	return {process, device};
};

type BesideOptions = Pick<StartOptions, 'command' | 'output' | 'input' | 'isInputOpen' | 'hasTerminal'> & {
	readonly directory?: string;
	readonly environment?: readonly string[];
	readonly user?: string;
};

/** Starts a further process in a running container, with the container's settings where it has none. Throws as `findProgram` does. */
export const startBeside = (state: State, record: ContainerRecord, options: BesideOptions): Started => {
	const {container, files, run} = record;
	const {processes} = run!;
	const directory = options.directory || container.process.workingDirectory;
	const pid = freePid(processes);
	const started = startInContainer(state, record, {
		...options,
		pid,
		program: findProgram(files, options.command[0]!, directory).run,
		isFirst: false,
		environment: environmentOf(container, options.environment, options.hasTerminal),
		directory,
		user: options.user || container.process.user,
	});
	processes.set(pid, started.process);
	void started.process.ended.then(() => processes.delete(pid));
	return started;
};
