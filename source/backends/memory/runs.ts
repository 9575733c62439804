import os from 'node:os';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Requester} from '../../engine/lifecycle.js';
import type {Container, Exit, ExitCause} from '../../engine/resources.js';
import {causeAttributes, requestedCause} from '../../rules/containers/exit-cause.js';
import {startingHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {restartDelay, shouldRestart, settledAfter} from '../../rules/containers/restart-policy.js';
import {takeAddresses} from '../../rules/networks/attachments.js';
import {change} from './container-record.js';
import {attachedIn, publishConnection} from './endpoints.js';
import {beginHealth, endHealth} from './health.js';
import {makeUpMachine} from './machine.js';
import {createPipe} from './pipe.js';
import {allocatePorts} from './ports.js';
import {readStats} from './stats.js';
import {hostOf, startInContainer} from './program-host.js';
import {waitForEnd} from './programs/services.js';
import {
	publish,
	publishOf,
	type ContainerRecord,
	type Run,
	type State,
} from './state.js';
import {assertSubpaths, dropVolume, usersOf} from './volumes.js';

const {SIGKILL} = os.constants.signals;

type Ending = {readonly exitCode: number; readonly reason?: string; readonly startedAt?: number; readonly finishedAt: number};

/** Removes a stopped container; with `volumes` also its anonymous volumes that no other container mounts. */
export const removeRecord = (state: State, record: ContainerRecord, {volumes}: {readonly volumes: boolean}): void => {
	const {container} = record;
	record.cancelRestart?.();
	record.cancelRestart = undefined;
	state.containers.delete(record.id);
	record.isRemoved = true;
	for (const [id, exec] of state.execs) {
		if (exec.containerId === record.id) {
			state.execs.delete(id);
		}
	}

	record.input.end();
	record.output.end();
	publishOf(state, record, 'destroy');
	for (const mount of container.mounts) {
		if (volumes && mount.type === 'volume' && state.volumes.get(mount.source)?.volume.anonymous && usersOf(state, mount.source).length === 0) {
			dropVolume(state, mount.source);
		}
	}

	change(record, {});
};

/** Makes a container exited. */
const settleExit = (record: ContainerRecord, {exitCode, reason, startedAt = 0, finishedAt}: Ending): void => {
	change(record, {
		status: {
			state: 'exited', exitCode, ...reason !== undefined && {reason}, outOfMemory: false, startedAt, finishedAt,
		},
		ports: record.wantedPorts,
	});
};

/** Schedules the restart that the policy asks for. A container that cannot be restarted stays exited. */
const restartLater = (state: State, record: ContainerRecord, exitCode: number) => {
	const {restartCount} = record.container;
	change(record, {status: {state: 'restarting', exitCode, finishedAt: state.now()}});
	record.cancelRestart = state.later(restartDelay(record.attempts), () => {
		record.cancelRestart = undefined;
		record.attempts++;
		try {
			startRecord(state, record);
			change(record, {restartCount: restartCount + 1});
		} catch (error) {
			settleExit(record, {exitCode, reason: messageOf(error), finishedAt: state.now()});
		}
	});
};

/** Cancels a scheduled restart; the container is exited then. */
export const cancelRestart = (record: ContainerRecord): void => {
	const {status} = record.container;
	record.cancelRestart?.();
	record.cancelRestart = undefined;
	if (status.state === 'restarting') {
		settleExit(record, status);
	}
};

/** Publishes that a container's networks and volumes are in use, or no longer. */
const publishUse = (state: State, record: ContainerRecord, {isStarting}: {readonly isStarting: boolean}): void => {
	const {container: {id, mounts}} = record;
	publishConnection(state, record, isStarting ? 'connect' : 'disconnect');
	for (const mount of mounts) {
		if (mount.type === 'volume') {
			const place = isStarting && {destination: mount.target, 'read/write': String(!mount.readOnly)};
			publish(state, {type: 'volume', action: isStarting ? 'mount' : 'unmount', id: mount.source, attributes: {container: id, driver: 'local', ...place}});
		}
	}
};

/** How a run has ended, with the memory that it would have used. */
const exitOf = (state: State, record: ContainerRecord, run: Run, exitCode: number): Exit => {
	const {memoryBytes, memoryLimitBytes} = readStats(state, record);
	const {request, reason, startedAt} = run;
	const at = state.now();
	const unasked: ExitCause = reason === undefined ? {kind: 'process'} : {kind: 'machine', reason};
	return {
		at, exitCode, cause: requestedCause(request, {exitCode, at}) ?? unasked, startedAt, memoryPeakBytes: memoryBytes, memoryLimitBytes,
	};
};

/** Updates everything after the end of a container's process. */
export const endRun = (state: State, record: ContainerRecord, exitCode: number): void => {
	const {run, container} = record;
	if (!run) {
		return;
	}

	endHealth(record);
	run.frozen?.thaw();
	for (const process of run.host.processes.values()) {
		process.kill(SIGKILL);
	}

	const finishedAt = state.now();
	const lastExit = exitOf(state, record, run, exitCode);
	record.run = undefined;
	record.activeMs += record.activeSince === undefined ? 0 : finishedAt - record.activeSince;
	record.activeSince = undefined;
	record.exits++;
	record.lastExit = {exitCode, ...run.reason !== undefined && {reason: run.reason}};
	if (finishedAt - run.startedAt >= settledAfter) {
		record.attempts = 0;
	}

	record.input.end();
	record.input = createPipe();
	record.terminal = undefined;
	record.output.end();
	const {configuration} = container;
	change(record, {lastExit});
	publishOf(state, record, 'die', {
		exitCode: String(exitCode),
		execDuration: String(Math.floor((finishedAt - run.startedAt) / 1000)),
		...causeAttributes(lastExit),
	});
	publishUse(state, record, {isStarting: false});
	if (shouldRestart(configuration.restartPolicy, {exitCode, isStopped: record.isStopped, restartCount: container.restartCount})) {
		restartLater(state, record, exitCode);
		return;
	}

	settleExit(record, {
		exitCode, reason: run.reason, startedAt: run.startedAt, finishedAt,
	});
	if (configuration.autoRemove) {
		removeRecord(state, record, {volumes: true});
	}
};

/** Kills a container; no policy restarts it. */
export const killRecord = (state: State, record: ContainerRecord, request?: Requester & {readonly verb: 'kill' | 'remove'}): void => {
	record.isStopped = true;
	if (record.run) {
		record.run.request = request ? {kind: 'request', signal: SIGKILL, at: state.now(), ...request} : record.run.request;
		publishOf(state, record, 'kill', {signal: String(SIGKILL)});
		record.run.main.kill(SIGKILL);
		endRun(state, record, 128 + SIGKILL);
	}
};

/** Starts a stopped container. Throws, without changing anything, when a port is taken or the program is missing. */
export const startRecord = (state: State, record: ContainerRecord): void => {
	const {container} = record;
	const {configuration, process} = container;
	const host = hostOf(state, record);
	const program = host.findProgram(process.arguments[0]!, process.workingDirectory);
	if (record.files.find(process.workingDirectory)?.node.type !== 'directory') {
		throw new HolmError('invalid', `mkdir ${process.workingDirectory}: not a directory`, {remedy: 'choose another working directory'});
	}

	assertSubpaths(state, container.mounts);
	const attachments = takeAddresses(container, state.networks, attachedIn(state));
	const ports = allocatePorts(state, record.wantedPorts);
	const isSimulated = state.speaksFor(container);
	const startedAt = state.now();
	const {process: main, device} = startInContainer(record, {
		host,
		program: isSimulated ? waitForEnd : program.run,
		isFirst: !configuration.init,
		command: process.arguments,
		input: configuration.openStdin ? record.input : undefined,
		output: record.output,
		hasTerminal: configuration.terminal,
	});
	record.terminal = device;
	const run: Run = {main, startedAt, host};
	record.run = run;
	record.isStopped = false;
	record.activeMs = 0;
	record.activeSince = startedAt;
	change(record, {
		status: {state: 'running', pid: state.random.integer(2000, 32_000), startedAt},
		ports,
		attachments,
		machine: makeUpMachine(configuration, state.random),
		...healthPlanOf(container.healthcheck) && {health: startingHealth(container.health)},
	});
	publishUse(state, record, {isStarting: true});
	publishOf(state, record, 'start');
	beginHealth(state, record);
	if (isSimulated) {
		state.started(state, record);
	}

	void main.ended.then(exitCode => {
		if (record.run === run) {
			endRun(state, record, exitCode);
		}
	});
};
