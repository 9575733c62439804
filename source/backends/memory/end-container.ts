import {messageOf} from '../../engine/errors.js';
import {restartDelay, shouldRestart, settledAfter} from '../../rules/containers/restart-policy.js';
import {change} from './container-record.js';
import {publishConnection} from './endpoints.js';
import {endHealth} from './health.js';
import {createPipe} from './pipe.js';
import {
	publish,
	publishOf,
	type ContainerRecord,
	type Run,
	type State,
} from './state.js';
import {dropVolume, usersOf} from './volumes.js';

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

const killSignal = 9;

/** Schedules the restart that the policy asks for. A container that cannot be restarted stays exited. */
const restartLater = (state: State, record: ContainerRecord, {startAgain}: Run, exitCode: number) => {
	const {container} = record;
	change(record, {status: {state: 'restarting', exitCode, finishedAt: state.now()}});
	record.cancelRestart = state.later(restartDelay(record.attempts), () => {
		record.cancelRestart = undefined;
		record.attempts++;
		try {
			startAgain();
			change(record, {restartCount: container.restartCount + 1});
		} catch (error) {
			change(record, {
				status: {
					state: 'exited', exitCode, reason: messageOf(error), outOfMemory: false, startedAt: 0, finishedAt: state.now(),
				},
				ports: record.wantedPorts,
			});
		}
	});
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
		process.kill(killSignal);
	}

	const finishedAt = state.now();
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
	publishOf(state, record, 'die', {exitCode: String(exitCode), execDuration: String(Math.floor((finishedAt - run.startedAt) / 1000))});
	publishConnection(state, record, 'disconnect');
	for (const mount of container.mounts) {
		if (mount.type === 'volume') {
			publish(state, {type: 'volume', action: 'unmount', id: mount.source, attributes: {container: container.id, driver: 'local'}});
		}
	}

	if (shouldRestart(configuration.restartPolicy, {exitCode, isStopped: record.isStopped, restartCount: container.restartCount})) {
		restartLater(state, record, run, exitCode);
		return;
	}

	change(record, {
		status: {
			state: 'exited',
			exitCode,
			...run.reason !== undefined && {reason: run.reason},
			outOfMemory: false,
			startedAt: run.startedAt,
			finishedAt,
		},
		ports: record.wantedPorts,
	});
	if (configuration.autoRemove) {
		removeRecord(state, record, {volumes: true});
	}
};
