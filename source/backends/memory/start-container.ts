import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';
import {change} from './change-status.js';
import {endRun} from './end-container.js';
import {publishConnection} from './endpoints.js';
import {allocatePorts} from './host-ports.js';
import {makeUpMachine} from './machine.js';
import {emptyInput, type Output} from './pipe.js';
import {startProcess} from './process.js';
import {environmentOf, hostOf} from './program-host.js';
import {findProgram} from './programs/find-program.js';
import {waitForEnd} from './programs/services.js';
import {publish, publishOf, type ContainerRecord, type Run, type State} from './state.js';
import {createTerminalDevice} from './terminal-device.js';

/** A frozen process does not write. */
const unfrozen = (record: ContainerRecord, output: Output): Output => ({
	async write(data) {
		while (record.run?.frozen) {
			await record.run.frozen.thawed;
		}

		await output.write(data);
	},
});

const outputOf = (record: ContainerRecord, stream: 'stdout' | 'stderr'): Output => ({
	async write(data) {
		await record.output.write(stream, typeof data === 'string' ? Buffer.from(data) : data);
	},
});

/** Starts a container that does not run. Throws, with nothing changed, when a port is taken or there is no such program. */
export const startRecord = (state: State, record: ContainerRecord): void => {
	const {container} = record;
	const {configuration, process} = container;
	const program = findProgram(record.files, process.arguments[0]!, process.workingDirectory);
	if (record.files.find(process.workingDirectory)?.node.type !== 'directory') {
		throw new HolmError('invalid', `mkdir ${process.workingDirectory}: not a directory`, {remedy: 'choose another working directory'});
	}

	const ports = allocatePorts(state, record.wantedPorts);
	const isSpoken = state.simulation?.speaksFor(container) ?? false;

	const startedAt = state.now();
	const screen = unfrozen(record, outputOf(record, 'stdout'));
	const terminal = configuration.terminal
		? createTerminalDevice({
			input: record.input,
			screen,
			signal(number) {
				record.run?.main.kill(number);
			},
		})
		: undefined;
	record.terminal = terminal;
	const main = startProcess({
		pid: 1,
		program: isSpoken ? waitForEnd : program.run,
		isFirst: !configuration.init,
		host: hostOf(state, record),
		command: process.arguments,
		environment: environmentOf(container),
		directory: process.workingDirectory,
		user: process.user.split(':', 1)[0] || 'root',
		stdin: configuration.openStdin ? record.input : emptyInput,
		stdout: terminal?.output ?? screen,
		stderr: terminal?.output ?? unfrozen(record, outputOf(record, 'stderr')),
		terminal: configuration.terminal,
	});
	const run: Run = {
		main,
		startedAt,
		startAgain() {
			startRecord(state, record);
		},
		processes: new Map([[1, main]]),
	};
	record.run = run;
	record.isStopped = false;
	record.activeMs = 0;
	record.activeSince = startedAt;
	change(record, {
		status: {state: 'running', pid: state.random.integer(2000, 32_000), startedAt},
		ports,
		machine: makeUpMachine(configuration, state.random),
	});
	publishConnection(state, record, 'connect');
	for (const mount of container.mounts) {
		if (mount.type === 'volume') {
			publish(state, 'volume', 'mount', mount.source, {
				container: container.id, destination: mount.target, driver: 'local', 'read/write': String(!mount.readOnly),
			});
		}
	}

	publishOf(state, record, 'start');
	if (isSpoken) {
		state.simulation?.started(state, record);
	}

	void main.ended.then(exitCode => {
		if (record.run === run) {
			endRun(state, record, exitCode);
		}
	});
};
