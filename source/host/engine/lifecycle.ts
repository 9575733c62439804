import {HolmError} from '../../engine/errors.js';
import type {LifecycleVerbs} from '../../engine/lifecycle.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {updatedConfiguration} from '../../rules/containers/update-container.js';
import {defaultSize, validateSize} from '../guest.js';
import {findContainer} from './find.js';
import type {StopOptions} from './supervisor.js';
import {
	assertRunning,
	isActive,
	isLive,
	machineOf,
	publishContainer,
	saveContainer,
	type Entry,
} from './context.js';
import type {VerbContext} from './verb-context.js';

const sigkill = 9;

const exitOf = ({container: {status}}: Entry): {readonly exitCode: number; readonly reason?: string} =>
	status.state === 'exited' ? {exitCode: status.exitCode, ...status.reason !== undefined && {reason: status.reason}} : {exitCode: 'exitCode' in status ? status.exitCode : 0};

const assertSignal = (options: StopOptions | undefined): void => {
	if (options?.signal !== undefined) {
		signalNumber(options.signal);
	}
};

const waitForEnd = async (entry: Entry, signal: AbortSignal | undefined) => {
	const {ended} = entry;
	while (!ended.signal.aborted && !signal?.aborted) {
		await entry.changed.wait(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
	}

	return exitOf(entry);
};

export const lifecycleVerbs = (context: VerbContext): LifecycleVerbs => {
	const {supervisor, helpers} = context;
	const find = (reference: string) => findContainer(context, reference);

	const start = async (entry: Entry) => {
		await helpers.close(entry);
		await supervisor.start(entry);
	};

	return {
		async startContainer(reference) {
			const entry = find(reference);
			await entry.queue(async () => start(entry));
		},
		async stopContainer(reference, stopOptions) {
			const entry = find(reference);
			assertSignal(stopOptions);
			if (!await supervisor.endStart(entry, stopOptions)) {
				await entry.queue(async () => supervisor.stop(entry, stopOptions));
			}
		},
		async restartContainer(reference, stopOptions) {
			const entry = find(reference);
			assertSignal(stopOptions);
			await supervisor.endStart(entry, stopOptions);
			await entry.queue(async () => {
				if (machineOf(entry)) {
					await supervisor.stop(entry, stopOptions);
				}

				await start(entry);
			});
			publishContainer(context, entry, 'restart');
		},
		async killContainer(reference, signal = 'SIGKILL') {
			const entry = find(reference);
			const number = signalNumber(signal);
			const {name, status} = entry.container;
			if (entry.run.state === 'starting') {
				if (number !== sigkill) {
					throw new HolmError('conflict', `container ${name} is being started, and its process takes no signals yet`, {remedy: `end it: holm kill ${name}`});
				}

				publishContainer(context, entry, 'kill', {signal: String(number)});
				await supervisor.kill(entry);
				return;
			}

			const machine = machineOf(entry);
			if (!machine || !isLive(entry)) {
				throw new HolmError('conflict', `Cannot kill container: ${name}: container ${entry.container.id.slice(0, 12)} is not running`, {remedy: `holm start ${name}`});
			}

			publishContainer(context, entry, 'kill', {signal: String(number)});
			if (number === sigkill) {
				entry.isStoppedByUser = true;
				await supervisor.kill(entry);
				return;
			}

			if (status.state === 'paused') {
				throw new HolmError('conflict', `container ${name} is paused`, {remedy: `holm unpause ${name}`});
			}

			await machine.signal(number);
		},
		async pauseContainer(reference) {
			const entry = find(reference);
			assertRunning(entry);
			await entry.queue(async () => {
				assertRunning(entry);
				await machineOf(entry)!.pause();
				const {status} = entry.container;
				if (status.state === 'running') {
					entry.container = {...entry.container, status: {...status, state: 'paused'}};
				}

				await saveContainer(context, entry);
				publishContainer(context, entry, 'pause');
			});
		},
		async unpauseContainer(reference) {
			const entry = find(reference);
			await entry.queue(async () => {
				const {status, name} = entry.container;
				const machine = machineOf(entry);
				if (status.state !== 'paused' || !machine) {
					throw new HolmError('conflict', `container ${name} is not paused`, {remedy: 'holm ps -a shows its state'});
				}

				await machine.resume();
				entry.container = {...entry.container, status: {...status, state: 'running'}};
				await saveContainer(context, entry);
				publishContainer(context, entry, 'unpause');
			});
		},
		async waitContainer(reference, condition = 'not-running', signal?: AbortSignal) {
			const entry = find(reference);
			if (condition === 'removed') {
				// Its exit status is that of the run that is, or comes before it goes.
				const end = entry.container.status.state === 'exited' ? exitOf(entry) : await waitForEnd(entry, signal);
				await Promise.race([entry.removed.promise, ...signal ? [new Promise<void>(resolve => {
					signal.addEventListener('abort', () => {
						resolve();
					}, {once: true});
				})] : []]);
				return end;
			}

			return condition === 'next-exit' || isActive(entry) ? waitForEnd(entry, signal) : exitOf(entry);
		},
		async updateContainer(reference, update) {
			const entry = find(reference);
			await entry.queue(async () => {
				const {configuration: before} = entry.container;
				const configuration = updatedConfiguration(entry.container, update);
				validateSize({cpus: configuration.cpus ?? defaultSize.cpus, memoryBytes: configuration.memory ?? defaultSize.memoryBytes});
				entry.container = {...entry.container, configuration};
				try {
					await saveContainer(context, entry);
				} catch (error) {
					// It may have ended meanwhile.
					entry.container = {...entry.container, configuration: before};
					throw error;
				}

				await supervisor.reconsiderRestart(entry);
				publishContainer(context, entry, 'update');
			});
			return {warnings: []};
		},
	};
};
