import {HolmError, messageOf} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {startingHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {causeAttributes} from '../../rules/containers/exit-cause.js';
import {restartDelay, shouldRestart, settledAfter} from '../../rules/containers/restart-policy.js';
import {signalNumber} from '../../rules/containers/signals.js';
import type {MachineEnd} from '../machines/status.js';
import {endLimitMs, willEndWithin} from '../machines/patience.js';
import type {Machine} from '../machines/running-machine.js';
import {wantedPorts} from '../../rules/containers/wanted-ports.js';
import type {HealthChecks} from './health.js';
import {exitAfter, exitOfStart} from './exits.js';
import {followLinks} from './links.js';
import type {Networking} from './networking.js';
import {
	publishNetworkEvents,
	publishContainer,
	saveContainer,
	waitForCleanup,
	type Entry,
	type Context,
} from './context.js';
import {assertAllowed} from './phases.js';
import {stopSignalOf} from './stop-signal.js';

/** Starts and stops the VMs of containers. */
export type Supervisor = {
	/** Throws `not-modified` if it runs already. */
	readonly start: (entry: Entry) => Promise<void>;
	/** Throws `not-modified` if it does not run. */
	readonly stop: (entry: Entry, options?: StopOptions) => Promise<void>;
	/** Kills it, if it runs or is being started. Need not hold the queue. */
	readonly kill: (entry: Entry) => Promise<void>;
	/** Gives a start in progress the time of a stop, then aborts it. Resolves with whether it was aborted. Must not hold the queue, which the start holds. */
	readonly endStart: (entry: Entry, options?: StopOptions) => Promise<boolean>;
	/** Takes over a running VM. */
	readonly supervise: (entry: Entry, machine: Machine) => void;
	/** Handles the end of a VM that ended while no engine ran. */
	readonly conclude: (entry: Entry, end: MachineEnd) => Promise<void>;
	/** Cancels a pending restart. */
	readonly cancelRestart: (entry: Entry) => void;
	/** Aborts all starts in progress and rejects new ones. The next engine restarts containers that were restarting. */
	readonly close: () => Promise<void>;
	/** Cancels a pending restart that the container's changed policy no longer asks for. */
	readonly reconsiderRestart: (entry: Entry) => Promise<void>;
};

export type StopOptions = {
	/** Name or number; default the container's, then the image's, then SIGTERM. */
	readonly signal?: string;
	/** Seconds until SIGKILL; -1 waits forever; default the container's, then 10. */
	readonly timeoutSeconds?: number;
	/** The host shuts down: the next engine starts the container as its restart policy says. */
	readonly isHostStopping?: boolean;
	/** What the client has asked for; default a stop. */
	readonly verb?: 'stop' | 'restart';
	/** What the client calls itself. */
	readonly by?: string;
};

/** Notes what was asked of a container's run, see `Exit`. */
const noteStop = (entry: Entry, signal: number, {isHostStopping, verb = 'stop', by}: StopOptions): void => {
	const at = Date.now();
	entry.endRequest = isHostStopping ? {kind: 'engine', at} : {kind: 'request', verb, signal, by, at};
};

const defaultStopSeconds = 10;
const sigkill = 9;
/** Time for the guest to kill its process before the VM is killed. */
const guestPatienceMs = 5000;

const statusAfter = (end: MachineEnd, startedAt: number): Extract<Container['status'], {state: 'exited'}> => {
	const common = {state: 'exited', startedAt, finishedAt: end.at} as const;
	switch (end.kind) {
		case 'exited': {
			return {...common, exitCode: end.exitCode, outOfMemory: end.outOfMemory, ...end.outOfMemory && {reason: 'out of memory'}};
		}

		case 'refused': {
			return {...common, exitCode: 128, outOfMemory: false, reason: end.reason};
		}

		case 'died': {
			// As a shell reports a killed process.
			return {...common, exitCode: 137, outOfMemory: false, reason: end.reason};
		}
	}
};

/** Ends the attached sessions, and waits until their output is read: a client that hears of the end stops reading. */
const endSessions = async ({ended, attached}: Entry): Promise<void> => {
	ended.abort();
	if (attached.size > 0) {
		await willEndWithin(Promise.all(attached), endLimitMs);
	}
};

/** Notifies all that wait for the end of a run. */
const announceEnd = (entry: Entry) => {
	entry.ended.abort();
	entry.ended = new AbortController();
	entry.changed.notify();
};

/** The machine of the start before has phases of its own. */
const withoutPhases = (container: Container): Container => container.machine
	? {...container, machine: {...container.machine, phases: []}}
	: container;

export type SupervisorOptions = {
	readonly networking: Networking;
	readonly healthChecks: Pick<HealthChecks, 'begin' | 'end'>;
	/** Boots the VM of a container. Resolves when its process runs; throws with the reason if it never does. */
	readonly boot: (entry: Entry, signal: AbortSignal) => Promise<Machine>;
	/** Stores the VM's console output. */
	readonly keepConsole: (entry: Entry) => Promise<void>;
	/** Removes what is left of a VM that has ended. */
	readonly removeMachine: (entry: Entry) => Promise<void>;
	/** Removes a container with `autoRemove`. */
	readonly remove: (entry: Entry) => Promise<void>;
};

export const createSupervisor = (
	context: Context,
	{networking, healthChecks, boot, keepConsole, removeMachine, remove}: SupervisorOptions,
): Supervisor => {
	let isClosed = false;

	const update = async (entry: Entry, change: Partial<Container>) => {
		entry.container = {...entry.container, ...change};
		await saveContainer(context, entry);
	};

	/** Saves what has already happened and cannot be undone: a failure, such as a full disk, is only logged. */
	const record = async (entry: Entry) => {
		try {
			await saveContainer(context, entry);
		} catch (error) {
			context.log(`${entry.container.name}: its state was not recorded: ${messageOf(error)}`);
		}
	};

	/** Cleans up a run except its record; continues on errors. */
	const clear = async (entry: Entry) => {
		const {container} = entry;
		const errors = [...await networking.disconnect(entry)];
		for (const step of [keepConsole, removeMachine]) {
			try {
				await step(entry);
			} catch (error) {
				errors.push(error);
			}
		}

		for (const error of errors) {
			context.log(`${container.name}: ${messageOf(error)}`);
		}
	};

	const scheduleRestart = (entry: Entry) => {
		const delayMs = restartDelay(entry.restartsInARow);
		entry.restartsInARow++;
		const timer = setTimeout(() => {
			void entry.queue(async () => {
				// It may have been stopped or removed while this was queued.
				if (entry.run.state !== 'waiting' || entry.run.timer !== timer || !context.containers.has(entry.container.id)) {
					return;
				}

				entry.container = {...entry.container, restartCount: entry.container.restartCount + 1};
				try {
					await startNow(entry);
				} catch (error) {
					context.log(`${entry.container.name} could not be restarted: ${messageOf(error)}`);
				}
			});
		}, delayMs);
		entry.run = {state: 'waiting', timer};
	};

	const conclude: Supervisor['conclude'] = async (entry, end) => {
		const {status} = entry.container;
		const startedAt = 'startedAt' in status ? status.startedAt : 0;
		const exited = statusAfter(end, startedAt);
		if (startedAt > 0 && end.at - startedAt > settledAfter) {
			entry.restartsInARow = 0;
		}

		const isRestarting = shouldRestart(entry.container.configuration.restartPolicy, {
			exitCode: exited.exitCode, isStopped: entry.isStoppedByUser, restartCount: entry.container.restartCount,
		});
		const lastExit = exitAfter(end, {container: entry.container, exitCode: exited.exitCode, startedAt, request: entry.endRequest});
		entry.endRequest = undefined;
		entry.container = {
			...entry.container,
			status: isRestarting ? {state: 'restarting', exitCode: exited.exitCode, finishedAt: exited.finishedAt} : exited,
			lastExit,
		};
		healthChecks.end(entry);
		await endSessions(entry);
		if (exited.outOfMemory) {
			publishContainer(context, entry, 'oom');
		}

		publishContainer(context, entry, 'die', {
			exitCode: String(exited.exitCode),
			execDuration: String(startedAt === 0 ? 0 : Math.max(0, Math.floor((end.at - startedAt) / 1000))),
			...causeAttributes(lastExit),
		});
		publishNetworkEvents(context, entry, 'disconnect');
		announceEnd(entry);
		await clear(entry);
		entry.container = {...entry.container, ports: wantedPorts(entry.container)};
		entry.devices = {};
		await record(entry);
		if (isRestarting) {
			scheduleRestart(entry);
		} else if (entry.container.configuration.autoRemove) {
			await remove(entry);
		}
	};

	const supervise: Supervisor['supervise'] = (entry, machine) => {
		const {promise: over, resolve: cleanedUp} = Promise.withResolvers<void>();
		entry.run = {
			state: 'live', machine, since: performance.now(), over,
		};
		healthChecks.begin(entry);
		void (async () => {
			const end = await machine.ended;
			entry.run = {state: 'ending', over};
			try {
				await conclude(entry, end);
			} catch (error) {
				context.log(`${entry.container.name}: its end was not recorded: ${messageOf(error)}`);
			}

			if (entry.run.state === 'ending') {
				entry.run = {state: 'idle'};
			}

			cleanedUp();
		})();
	};

	const startNow = async (entry: Entry): Promise<void> => {
		await waitForCleanup(entry);
		if (isClosed || entry.isBeingRemoved) {
			throw new HolmError('unavailable', `container ${entry.container.name} cannot be started: ${isClosed ? 'the engine is ending' : 'it is being removed'}`);
		}

		const giveUp = new AbortController();
		const {signal} = giveUp;
		const {promise: over, resolve: end} = Promise.withResolvers<void>();
		entry.run = {state: 'starting', giveUp, over};
		entry.endRequest = undefined;
		let isBooting = false;
		try {
			await networking.takeAddresses(entry);
			// Fails on a port in use before anything else is created.
			const ports = await networking.publishPorts(entry);
			entry.container = {...entry.container, ports};
			await networking.plug(entry);
			isBooting = true;
			entry.container = withoutPhases(entry.container);
			const machine = await boot(entry, signal);
			const container: Container = {
				...entry.container,
				// Clients ask for the log since the start, also for what the process wrote before the engine heard of it.
				status: {state: 'running', pid: machine.pid, startedAt: machine.restoredAt()},
				machine: {...entry.container.machine!, phases: machine.phases()},
				...healthPlanOf(entry.container.healthcheck) && {health: startingHealth(entry.container.health)},
			};
			// A container whose record cannot be saved must not run: a later engine would not know it.
			await saveContainer(context, {...entry, container, isStoppedByUser: false});
			signal.throwIfAborted();
			entry.isStoppedByUser = false;
			entry.container = container;
			supervise(entry, machine);
			await followLinks(context, entry);
			publishNetworkEvents(context, entry, 'connect');
			publishContainer(context, entry, 'start');
			entry.changed.notify();
		} catch (error) {
			await clear(entry);
			const {status} = entry.container;
			entry.container = {
				...entry.container,
				ports: wantedPorts(entry.container),
				// A failed restart is the last one.
				status: status.state === 'restarting' && !isClosed ? {
					state: 'exited', exitCode: 128, reason: messageOf(error), outOfMemory: false, startedAt: 0, finishedAt: Date.now(),
				} : status,
				lastExit: exitOfStart(error, {
					at: Date.now(), phases: isBooting ? entry.container.machine?.phases ?? [] : undefined, request: entry.endRequest,
				}),
			};
			entry.endRequest = undefined;
			entry.devices = {};
			entry.run = {state: 'idle'};
			announceEnd(entry);
			if (entry.container.configuration.autoRemove) {
				await remove(entry);
			} else {
				await record(entry);
			}

			throw error;
		} finally {
			end();
		}
	};

	const cancelRestart: Supervisor['cancelRestart'] = entry => {
		if (entry.run.state === 'waiting') {
			clearTimeout(entry.run.timer);
			entry.run = {state: 'idle'};
		}
	};

	/** Ends the restarting of a container. */
	const endRestarting = async (entry: Entry, {exitCode, finishedAt}: Extract<Container['status'], {state: 'restarting'}>) => {
		cancelRestart(entry);
		await update(entry, {status: {
			state: 'exited', exitCode, outOfMemory: false, startedAt: 0, finishedAt,
		}});
		announceEnd(entry);
	};

	/** Kills the process, so that the guest syncs the disk; kills the VM if that takes too long. */
	const end = async (machine: Machine): Promise<void> => {
		machine.signal(sigkill).catch(() => undefined);
		if (!await willEndWithin(machine.ended, guestPatienceMs)) {
			await machine.kill();
		}
	};

	/** Resumes a paused VM, so that its guest can shut down. A VM that does not resume in time is killed later. */
	const resumeIfPaused = async ({container}: Entry, machine: Machine) => {
		if (container.status.state === 'paused') {
			await willEndWithin(machine.resume().catch((error: unknown) => {
				context.log(`${container.name}: ${messageOf(error)}`);
			}), guestPatienceMs);
		}
	};

	const secondsFor = ({container: {configuration}}: Entry, {timeoutSeconds}: StopOptions) =>
		timeoutSeconds ?? configuration.stopTimeoutSeconds ?? defaultStopSeconds;

	const endStart: Supervisor['endStart'] = async (entry, options = {}) => {
		const {run, container} = entry;
		if (run.state !== 'starting') {
			return false;
		}

		const seconds = secondsFor(entry, options);
		if (seconds < 0 || (seconds > 0 && await willEndWithin(run.over, seconds * 1000))) {
			await run.over;
			return false;
		}

		entry.isStoppedByUser ||= !options.isHostStopping;
		entry.endRequest ??= {kind: 'request', verb: options.verb ?? 'stop', signal: sigkill, by: options.by, at: Date.now()};
		run.giveUp.abort(new HolmError('conflict', `container ${container.name} was ended before its process ran`));
		await run.over;
		return true;
	};

	const kill: Supervisor['kill'] = async entry => {
		const {run} = entry;
		if (run.state === 'starting') {
			await endStart(entry, {timeoutSeconds: 0});
		} else if (run.state === 'live') {
			await resumeIfPaused(entry, run.machine);
			await end(run.machine);
			await run.over;
		} else {
			await waitForCleanup(entry);
		}
	};

	return {
		async start(entry) {
			assertAllowed('start', entry);
			cancelRestart(entry);
			entry.restartsInARow = 0;
			entry.container = {...entry.container, restartCount: 0};
			await startNow(entry);
		},
		async stop(entry, options = {}) {
			entry.isStoppedByUser ||= !options.isHostStopping;
			await waitForCleanup(entry);
			const {container, run} = entry;
			const {status} = container;
			if (status.state === 'restarting') {
				await endRestarting(entry, status);
				return;
			}

			if (run.state !== 'live') {
				await saveContainer(context, entry);
				assertAllowed('stop', entry);
				return;
			}

			const signal = options.signal === undefined ? await stopSignalOf(context, container) : signalNumber(options.signal);
			const seconds = secondsFor(entry, options);
			noteStop(entry, seconds === 0 ? sigkill : signal, options);
			await resumeIfPaused(entry, run.machine);

			publishContainer(context, entry, 'kill', {signal: String(signal)});
			if (seconds !== 0) {
				// If the guest no longer takes the signal, the VM is killed below.
				run.machine.signal(signal).catch(() => undefined);
			}

			if (seconds < 0) {
				await run.machine.ended;
			} else if (!await willEndWithin(run.machine.ended, seconds * 1000)) {
				await end(run.machine);
			}

			await run.over;
			if (options.isHostStopping) {
				cancelRestart(entry);
			}

			publishContainer(context, entry, 'stop');
		},
		kill,
		endStart,
		async close() {
			isClosed = true;
			await Promise.all(context.containers.values().map(async entry => {
				cancelRestart(entry);
				const {run} = entry;
				if (run.state === 'starting') {
					run.giveUp.abort(new HolmError('unavailable', 'the engine is ending'));
					await run.over;
				}
			}));
		},
		supervise,
		conclude,
		cancelRestart,
		async reconsiderRestart(entry) {
			// The restart is scheduled once the VM is removed.
			await waitForCleanup(entry);
			const {status, configuration: {restartPolicy}, restartCount} = entry.container;
			if (status.state === 'restarting' && !shouldRestart(restartPolicy, {exitCode: status.exitCode, isStopped: false, restartCount})) {
				await endRestarting(entry, status);
			}
		},
	};
};
