import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';
import type {LifecycleVerbs} from '../../engine/lifecycle.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {limitsCommand, type LiveLimit} from '../../rules/containers/live-limits.js';
import {updatedConfiguration} from '../../rules/containers/update-container.js';
import {binarySize} from '../../text/sizes.js';
import {sizeOf, validateSize} from '../guest.js';
import {
	patienceRemedy,
	silenceLimitMs,
	unlessAborted,
	within,
} from '../machines/patience.js';
import {guestPaths} from '../containers/bundle.js';
import {findContainer} from './find.js';
import {stopSignalOf} from './stop-signal.js';
import type {StopOptions} from './supervisor.js';
import {
	isActive,
	machineOf,
	publishContainer,
	saveContainer,
	type Entry,
} from './context.js';
import {assertAllowed} from './phases.js';
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
		await entry.changed.wait(signal);
	}

	return exitOf(entry);
};

/** Sets limits of a running container in its machine. Throws `conflict` if it uses more memory than the new limit. */
const applyLimits = async (entry: Entry, limits: readonly LiveLimit[]): Promise<void> => {
	const machine = machineOf(entry);
	if (!machine || limits.length === 0) {
		return;
	}

	const {name} = entry.container;
	const answer = await within(
		machine.agent.run(limitsCommand(`/sys/fs/cgroup${guestPaths.cgroup}`, limits)),
		silenceLimitMs(),
		() => new HolmError('unavailable', `the limits of container ${name} were not changed: its guest does not answer`, {remedy: patienceRemedy}),
	);
	const used = Buffer.from(answer).toString().trim();
	if (used !== '') {
		throw new HolmError('conflict', `container ${name} uses ${binarySize(Number(used))}, more than the new memory limit`, {remedy: `give more, or stop it first: holm stop ${name}`});
	}
};

export const lifecycleVerbs = (context: VerbContext): LifecycleVerbs => {
	const {supervisor, helpers, healthChecks} = context;
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
			const restartOptions = {...stopOptions, verb: 'restart'} as const;
			await supervisor.endStart(entry, restartOptions);
			await entry.queue(async () => {
				if (machineOf(entry)) {
					await supervisor.stop(entry, restartOptions);
				}

				await start(entry);
			});
			publishContainer(context, entry, 'restart');
		},
		async killContainer(reference, signal = 'SIGKILL', {by} = {}) {
			const entry = find(reference);
			const number = signalNumber(signal);
			const isKill = number === sigkill;
			assertAllowed(isKill ? 'kill' : 'signal', entry);
			publishContainer(context, entry, 'kill', {signal: String(number)});
			entry.endRequest = {kind: 'request', verb: 'kill', signal: number, by, at: Date.now()};
			if (isKill) {
				entry.isStoppedByUser = true;
				await supervisor.kill(entry);
				return;
			}

			// As in Docker, the policy does not restart a container that a user ends so.
			entry.isStoppedByUser ||= number === await stopSignalOf(context, entry.container);
			assertAllowed('signal', entry);
			await machineOf(entry)!.signal(number);
		},
		async pauseContainer(reference) {
			const entry = find(reference);
			assertAllowed('pause', entry);
			await entry.queue(async () => {
				assertAllowed('pause', entry);
				await machineOf(entry)!.pause();
				const {status} = entry.container;
				if (status.state === 'running') {
					entry.container = {...entry.container, status: {...status, state: 'paused'}};
					healthChecks.end(entry);
				}

				await saveContainer(context, entry);
				publishContainer(context, entry, 'pause');
			});
		},
		async unpauseContainer(reference) {
			const entry = find(reference);
			await entry.queue(async () => {
				assertAllowed('unpause', entry);
				await machineOf(entry)!.resume();
				const {status} = entry.container;
				if (status.state === 'paused') {
					entry.container = {...entry.container, status: {...status, state: 'running'}};
					healthChecks.begin(entry);
				}

				await saveContainer(context, entry);
				publishContainer(context, entry, 'unpause');
			});
		},
		async waitContainer(reference, condition = 'not-running', signal?: AbortSignal) {
			const entry = find(reference);
			if (condition === 'removed') {
				// The exit status is that of the current run, or of the last one before the removal.
				const end = entry.container.status.state === 'exited' ? exitOf(entry) : await waitForEnd(entry, signal);
				await unlessAborted(entry.removed.promise, signal).catch(() => undefined);
				return end;
			}

			return condition === 'next-exit' || isActive(entry) ? waitForEnd(entry, signal) : exitOf(entry);
		},
		async updateContainer(reference, update) {
			const entry = find(reference);
			return entry.queue(async () => {
				const {configuration: before} = entry.container;
				const {configuration, limits, warnings} = updatedConfiguration(entry.container, update);
				validateSize(sizeOf(configuration));
				await applyLimits(entry, limits);
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
				return {warnings};
			});
		},
	};
};
