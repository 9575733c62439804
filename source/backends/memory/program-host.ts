import {Buffer} from 'node:buffer';
import type {Container} from '../../engine/resources.js';
import {isAnswering, resolveFor} from './dns.js';
import type {OutputHub} from './output-hub.js';
import {
	createPipe,
	emptyInput,
	type Output,
	type Pipe,
} from './pipe.js';
import {
	startProcess,
	type Process,
	type ProcessOptions,
	type Program,
	type ProgramHost,
} from './process.js';
import {findProgram} from './programs/find-program.js';
import type {ContainerRecord, State} from './state.js';
import {createTerminalDevice, type TerminalDevice} from './terminal-device.js';

const hostnameOf = ({configuration, id}: Container): string => configuration.hostname ?? id.slice(0, 12);

/** The environment of a process: its own variables over those that every container has. */
const environmentOf = (container: Container, more: readonly string[] | undefined, hasTerminal: boolean) => {
	const user = container.process.user.split(':', 1)[0] || 'root';
	const defaults = [`HOSTNAME=${hostnameOf(container)}`, `HOME=${user === 'root' || user === '0' ? '/root' : '/'}`, ...hasTerminal ? ['TERM=xterm'] : []];
	return new Map([...defaults, ...container.process.environment, ...more ?? []].map(variable => {
		const [name = ''] = variable.split('=', 1);
		return [name, variable.slice(name.length + 1)] as const;
	}));
};

/** Resolves once a container is not paused, or has ended. */
const unfrozen = async (record: ContainerRecord): Promise<void> => {
	while (record.run?.frozen) {
		await record.run.frozen.thawed;
	}
};

/** A container as the programs of one run see it. */
export const hostOf = (state: State, record: ContainerRecord): ProgramHost => ({
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
	processes: new Map(),
});

type StartOptions = Pick<ProcessOptions, 'host' | 'command' | 'isFirst' | 'interrupt'> & {
	/** Default the program that the command names. */
	readonly program?: Program;
	readonly directory?: string;
	/** Variables beside those of the container. */
	readonly environment?: readonly string[];
	/** A user, perhaps with a group: `user:group`. */
	readonly user?: string;
	/** Absent where standard input is not open. */
	readonly input?: Pipe;
	readonly output: Pick<OutputHub, 'write'>;
	readonly hasTerminal: boolean;
};

type Started = {readonly process: Process; readonly device: TerminalDevice | undefined};

/** Starts a program in a container, with the container's settings where it has none. Throws as `findProgram` does. */
export const startInContainer = (record: ContainerRecord, options: StartOptions): Started => {
	const {container} = record;
	const {host, command, isFirst, interrupt, environment, user, input, output, hasTerminal} = options;
	const directory = options.directory || container.process.workingDirectory;
	const outputOf = (stream: 'stdout' | 'stderr'): Output => ({
		async write(data) {
			await unfrozen(record);
			await output.write(stream, Buffer.from(data as string));
		},
	});
	const screen = outputOf('stdout');
	const signal = (number: number) => {
		process.kill(number);
	};

	const device = hasTerminal ? createTerminalDevice({input: input ?? createPipe(), screen, signal}) : undefined;
	const process = startProcess({
		host,
		program: options.program ?? host.findProgram(command[0]!, directory).run,
		command,
		isFirst,
		interrupt,
		environment: environmentOf(container, environment, hasTerminal),
		directory,
		user: (user || container.process.user).split(':', 1)[0] || 'root',
		stdin: input ?? emptyInput,
		stdout: device?.output ?? screen,
		stderr: device?.output ?? outputOf('stderr'),
		terminal: hasTerminal,
	});
	return {process, device};
};
