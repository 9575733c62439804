import type {LifecycleVerbs, Requester} from '../../engine/lifecycle.js';
import {HolmError} from '../../engine/errors.js';
import {findContainer} from '../../rules/find-resource.js';
import {shouldRestart} from '../../rules/containers/restart-policy.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {updatedConfiguration} from '../../rules/containers/update-container.js';
import {change, waitUntil} from './container-record.js';
import {beginHealth, endHealth} from './health.js';
import {cancelRestart, killRecord, startRecord} from './runs.js';
import {publishOf, type ContainerRecord, type State} from './state.js';

type StopOptions = Requester & {readonly signal?: string; readonly timeoutSeconds?: number; readonly verb?: 'stop' | 'restart'};

const defaultTimeoutSeconds = 10;

const stopSignalOf = ({images}: State, {container: {configuration, imageId}}: ContainerRecord): number =>
	signalNumber(configuration.stopSignal || images.get(imageId)?.image.configuration.stopSignal || 'SIGTERM');

/** Stops a container with its stop signal, and with SIGKILL after the timeout. */
const stopRecord = async (state: State, record: ContainerRecord, {signal, timeoutSeconds, verb = 'stop', by}: StopOptions) => {
	const {configuration} = record.container;
	const number = signal === undefined ? stopSignalOf(state, record) : signalNumber(signal);
	const seconds = timeoutSeconds ?? configuration.stopTimeoutSeconds ?? defaultTimeoutSeconds;
	record.isStopped = true;
	cancelRestart(record);
	const {run} = record;
	if (!run) {
		return;
	}

	using _ = state.watch();
	run.request = {kind: 'request', verb, signal: number, by, at: state.now()};
	publishOf(state, record, 'kill', {signal: String(number)});
	run.frozen?.thaw();
	run.frozen = undefined;
	run.main.kill(number);
	using patience = state.timers.deadline(seconds < 0 ? Infinity : seconds * 1000);
	await waitUntil(record, () => record.run !== run, patience.signal);
	if (record.run === run) {
		killRecord(state, record);
	}
};

const setAutoRemove = (record: ContainerRecord, isRemoving: boolean): void => {
	record.container = {...record.container, configuration: {...record.container.configuration, autoRemove: isRemoving}};
};

/** Pauses a container that runs. */
export const freeze = (state: State, record: ContainerRecord): void => {
	const {run, container: {status}} = record;
	if (run && status.state === 'running') {
		const {promise, resolve} = Promise.withResolvers<void>();
		run.frozen = {thawed: promise, thaw: resolve};
		record.activeMs += state.now() - (record.activeSince ?? state.now());
		record.activeSince = undefined;
		endHealth(record);
		change(record, {status: {...status, state: 'paused'}});
	}
};

export const lifecycleVerbs = (state: State): LifecycleVerbs => ({
	async startContainer(reference) {
		const record = findContainer(state.containers, reference);
		const {status, name} = record.container;
		if (status.state === 'paused') {
			throw new HolmError('conflict', `cannot start a paused container, try unpause instead: ${name}`, {remedy: `holm unpause ${name}`});
		}

		if (status.state === 'running' || status.state === 'restarting') {
			throw new HolmError('not-modified', `container ${name} is already running`);
		}

		record.attempts = 0;
		startRecord(state, record);
		change(record, {restartCount: 0});
	},
	async stopContainer(reference, options = {}) {
		const record = findContainer(state.containers, reference);
		const {status, name} = record.container;
		if (status.state === 'created' || status.state === 'exited') {
			throw new HolmError('not-modified', `container ${name} is already stopped`);
		}

		await stopRecord(state, record, options);
		publishOf(state, record, 'stop');
	},
	async restartContainer(reference, options = {}) {
		const record = findContainer(state.containers, reference);
		if (options.signal !== undefined) {
			signalNumber(options.signal);
		}

		const {autoRemove} = record.container.configuration;
		// Otherwise its end would remove it.
		setAutoRemove(record, false);
		try {
			await stopRecord(state, record, {...options, verb: 'restart'});
		} finally {
			setAutoRemove(record, autoRemove);
		}

		record.attempts = 0;
		startRecord(state, record);
		publishOf(state, record, 'restart');
	},
	async killContainer(reference, signal = 'SIGKILL', {by} = {}) {
		const number = signalNumber(signal);
		const record = findContainer(state.containers, reference);
		const {run} = record;
		if (!run) {
			throw new HolmError('conflict', `cannot kill container: ${reference}: container ${record.id} is not running`, {remedy: 'it has ended already'});
		}

		if (number === 9) {
			killRecord(state, record, {verb: 'kill', by});
			return;
		}

		record.isStopped ||= number === stopSignalOf(state, record);
		run.request = {kind: 'request', verb: 'kill', signal: number, by, at: state.now()};
		publishOf(state, record, 'kill', {signal: String(number)});
		// The process of a paused container gets the signal when it is unpaused.
		void run.frozen?.thawed.then(() => {
			run.main.kill(number);
		});
		if (!run.frozen) {
			run.main.kill(number);
		}
	},
	async pauseContainer(reference) {
		const record = findContainer(state.containers, reference);
		const {run, container: {status}} = record;
		if (status.state === 'paused') {
			throw new HolmError('conflict', `container ${record.id} is already paused`, {remedy: `holm unpause ${record.container.name}`});
		}

		if (!run || status.state !== 'running') {
			throw new HolmError('conflict', `container ${record.id} is not running`, {remedy: `holm start ${record.container.name}`});
		}

		freeze(state, record);
		publishOf(state, record, 'pause');
	},
	async unpauseContainer(reference) {
		const record = findContainer(state.containers, reference);
		const {run, container: {status}} = record;
		if (!run || status.state !== 'paused') {
			throw new HolmError('conflict', `Container ${record.id} is not paused`, {remedy: 'there is nothing to do'});
		}

		const {frozen} = run;
		run.frozen = undefined;
		frozen?.thaw();
		record.activeSince = state.now();
		change(record, {status: {...status, state: 'running'}});
		beginHealth(state, record);
		publishOf(state, record, 'unpause');
	},
	async updateContainer(reference, update) {
		const record = findContainer(state.containers, reference);
		const {container} = record;
		const {configuration, warnings} = updatedConfiguration(container, update);
		change(record, {configuration});
		const {status, configuration: {restartPolicy}, restartCount} = record.container;
		if (status.state === 'restarting' && !shouldRestart(restartPolicy, {exitCode: status.exitCode, isStopped: false, restartCount})) {
			cancelRestart(record);
		}

		publishOf(state, record, 'update');
		return {warnings};
	},
	async waitContainer(reference, given, signal) {
		const record = findContainer(state.containers, reference);
		const condition = given ?? 'not-running';
		const {exits} = record;
		const isOver = () => {
			const {container: {status}, isRemoved} = record;
			const isResting = status.state === 'exited' || status.state === 'created';
			return isRemoved || (condition === 'next-exit' && record.exits > exits) || (condition === 'not-running' && isResting);
		};

		using _ = state.watch();
		await waitUntil(record, isOver, signal);
		if (!isOver()) {
			throw new HolmError('unavailable', `waiting for container ${record.container.name} was cancelled`, {cause: signal?.reason});
		}

		return record.lastExit;
	},
});
