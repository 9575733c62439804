import type {ExecsVerbs} from '../../engine/execs.js';
import type {Session} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import {findContainer} from '../../rules/find-resource.js';
import {validateExec} from '../../rules/containers/validate-process.js';
import {findExec, forgetEndedExecs} from '../../rules/containers/kept-execs.js';
import {checkSize} from '../../rules/containers/terminal-size.js';
import {runOf} from './container-record.js';
import {openSession} from './open-session.js';
import {createPipe} from './pipe.js';
import type {Process} from './process.js';
import {startInContainer} from './program-host.js';
import {publishOf, type Exec, type State} from './state.js';

/** How many execs that have ended are kept. */
const keptExecs = 1000;

/** The running container of an exec. Throws `conflict` for any other state. */
const runningRecord = (state: State, reference: string) => {
	const record = findContainer(state.containers, reference);
	const {name, status} = record.container;
	runOf(record);
	if (status.state === 'paused') {
		throw new HolmError('conflict', `Container ${name} is paused, unpause the container before exec`, {remedy: `holm unpause ${name}`});
	}

	return record;
};

const startExec = (state: State, exec: Exec): Session => {
	const record = runningRecord(state, exec.containerId);
	const {command, terminal, stdin, environment, workingDirectory, user} = exec.configuration;
	const input = createPipe();
	const {session, viewer} = openSession({
		terminal,
		...stdin && {type: async bytes => (exec.terminal?.type ?? input.write)(bytes), endInput: input.end},
		watching: state.watch(),
	});
	let process: Process;
	try {
		({process, device: exec.terminal} = startInContainer(record, {
			host: runOf(record).host,
			command,
			environment,
			directory: workingDirectory,
			user,
			input: stdin ? input : undefined,
			output: viewer,
			hasTerminal: terminal,
		}));
	} catch (error) {
		session.close();
		exec.state = 'ended';
		exec.exitCode = error instanceof HolmError && error.code === 'command-not-found' ? 127 : 126;
		throw error;
	}

	exec.state = 'running';
	publishOf(state, record, `exec_start: ${command.join(' ')}`, {execID: exec.id});
	void process.ended.then(exitCode => {
		exec.state = 'ended';
		exec.exitCode = exitCode;
		input.end();
		publishOf(state, record, 'exec_die', {execID: exec.id, exitCode: String(exitCode)});
		viewer.end();
	});
	return session;
};

export const execsVerbs = (state: State): ExecsVerbs => ({
	async createExec(reference, configuration) {
		const record = runningRecord(state, reference);
		validateExec(configuration);
		forgetEndedExecs(state.execs, keptExecs);
		const id = state.random.hex(64);
		state.execs.set(id, {
			id, containerId: record.id, configuration: {...configuration}, state: 'created',
		});
		publishOf(state, record, `exec_create: ${configuration.command.join(' ')}`, {execID: id});
		return id;
	},
	async startExec(id, size) {
		const exec = findExec(state.execs, id);
		if (size) {
			checkSize(size);
		}

		if (exec.state !== 'created') {
			throw new HolmError('conflict', `Error: Exec command ${exec.id} has already run`, {remedy: 'make another one'});
		}

		return startExec(state, exec);
	},
	async resizeExec(id, size) {
		// No program here reads it.
		checkSize(size);
		if (findExec(state.execs, id).state !== 'running') {
			throw new HolmError('conflict', `exec ${id} is not running`, {remedy: 'start it first'});
		}
	},
	async exec(id) {
		const {containerId, configuration, state: word, exitCode} = findExec(state.execs, id);
		return {
			id, containerId, configuration, running: word === 'running', ...exitCode !== undefined && {exitCode},
		};
	},
});
