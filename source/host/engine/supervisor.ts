import {chmod, chown} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {restartDelay, restarts, settledAfter} from '../../rules/containers/restart-policy.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {prepareLog} from '../containers/log-rotation.js';
import {defaultSize, machineUidOf} from '../guest.js';
import {clearMachine, startMachine} from '../machines/machine.js';
import type {MachineEnd} from '../machines/status.js';
import {endsWithin, patienceRemedy, unlessAborted} from '../machines/patience.js';
import type {Machine} from '../machines/running-machine.js';
import {letGoOfConsole} from './boot-log.js';
import type {Networking} from './networking.js';
import {
	isLive,
	publishConnections,
	publishContainer,
	saveContainer,
	settled,
	type Entry,
	type Context,
} from './context.js';
import {startMessageFor} from './start-message.js';
import {devicesFor, wantedPorts} from './wanted-state.js';
import {sharesFor} from './volumes.js';

/** Bringing machines up and taking them down. */
export type Supervisor = {
	/** Throws `not-modified` when it runs. */
	readonly start: (entry: Entry) => Promise<void>;
	/** Throws `not-modified` when it does not run. */
	readonly stop: (entry: Entry, options?: StopOptions) => Promise<void>;
	/** Ends it at once, if it runs or is being started. Need not wait for its turn. */
	readonly kill: (entry: Entry) => Promise<void>;
	/** Lets a start that is under way have the time that a stop has, and ends it then. Resolves with whether it was ended. Must not wait for its turn, which the start has. */
	readonly endStart: (entry: Entry, options?: StopOptions) => Promise<boolean>;
	/** Takes over a machine that runs already. */
	readonly supervise: (entry: Entry, machine: Machine) => void;
	/** Deals with the end of a machine that nobody watched. */
	readonly conclude: (entry: Entry, end: MachineEnd) => Promise<void>;
	/** Gives up a restart that waits. */
	readonly cancelRestart: (entry: Entry) => void;
	/** Ends every start that is under way, and refuses new ones. A container that was being restarted is restarted by the next engine. */
	readonly close: () => Promise<void>;
	/** Gives up a restart that waits and that the container's policy no longer wants. */
	readonly reconsiderRestart: (entry: Entry) => Promise<void>;
};

export type StopOptions = {
	/** Name or number; default the container's, then the image's, then SIGTERM. */
	readonly signal?: string;
	/** Seconds until SIGKILL; -1 waits without end; default the container's, then 10. */
	readonly timeoutSeconds?: number;
	/** The host goes down: what its policy restarts is started again by the next engine. */
	readonly isHostStopping?: boolean;
};

const defaultStopSeconds = 10;
const sigkill = 9;
/** How long a guest may take to kill its process before its machine is killed. */
const guestPatienceMs = 5000;

/** What the runtime's refusal means to whoever asked, with Docker's exit status for it. */
export const refusalOf = (reason: string, {process: {arguments: [program = '']}}: Pick<Container, 'process'>): {readonly error: HolmError; readonly exitCode: number} => {
	const name = JSON.stringify(program.slice(0, 200));
	if (/not found|no such file/iv.test(reason)) {
		return {error: new HolmError('command-not-found', `exec: ${name}: ${/stat|directory/iv.test(reason) && program.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH'}`, {remedy: 'name a program that the image has', cause: reason}), exitCode: 127};
	}

	if (/permission denied|operation not permitted|is a directory|not executable|exec format/iv.test(reason)) {
		return {error: new HolmError('not-executable', `exec: ${name}: ${reason.replace(/^.*: (?=[A-Z])/v, '')}`, {remedy: 'name a program that may be executed', cause: reason}), exitCode: 126};
	}

	return {error: new HolmError('internal', `the container could not be started: ${reason}`), exitCode: 128};
};

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
			// What a shell gives a process that was killed.
			return {...common, exitCode: 137, outOfMemory: false, reason: end.reason};
		}
	}
};

/** Tells everybody who waits for the end of a run. */
const announceEnd = (entry: Entry) => {
	const {ended} = entry;
	entry.ended = new AbortController();
	ended.abort();
	entry.changed.notify();
};

export type SupervisorOptions = {
	readonly networking: Networking;
	/** Takes away a container that removes itself. */
	readonly remove: (entry: Entry) => Promise<void>;
};

export const createSupervisor = (context: Context, {networking, remove}: SupervisorOptions): Supervisor => {
	const {paths, guest, images, disks} = context;
	let isClosed = false;

	const update = async (entry: Entry, change: Partial<Container>) => {
		entry.container = {...entry.container, ...change};
		await saveContainer(context, entry);
	};

	/** Writes down what has happened already, and which a full disk does not undo. */
	const record = async (entry: Entry) => {
		try {
			await saveContainer(context, entry);
		} catch (error) {
			context.log(`${entry.container.name}: its state was not recorded: ${messageOf(error)}`);
		}
	};

	/** Everything of a run but its record, whatever fails on the way. */
	const clear = async (entry: Entry) => {
		const {container} = entry;
		const errors = [...await networking.disconnect(entry)];
		try {
			await letGoOfConsole(context, entry);
		} catch (error) {
			errors.push(error);
		}

		try {
			await clearMachine(paths.container(container.id).machine);
		} catch (error) {
			errors.push(error);
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
				// It may have been stopped or removed while it waited for its turn.
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

		const isRestarting = restarts(entry.container.configuration.restartPolicy, {
			exitCode: exited.exitCode, isStopped: entry.isStoppedByUser, restartCount: entry.container.restartCount,
		});
		entry.container = {
			...entry.container,
			status: isRestarting ? {state: 'restarting', exitCode: exited.exitCode, finishedAt: exited.finishedAt} : exited,
		};
		if (exited.outOfMemory) {
			publishContainer(context, entry, 'oom');
		}

		publishContainer(context, entry, 'die', {exitCode: String(exited.exitCode)});
		publishConnections(context, entry, 'disconnect');
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
		const {promise: over, resolve: rest} = Promise.withResolvers<void>();
		entry.run = {state: 'live', machine, over};
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

			rest();
		})();
	};

	/** Resolves when the process runs; throws with the reason when it never did. */
	const boot = async (entry: Entry, signal: AbortSignal): Promise<Machine> => {
		const {container} = entry;
		const {configuration, id} = container;
		const files = paths.container(id);
		const uid = machineUidOf(id);
		const image = await images.get(container.imageId);
		const [template, base] = await unlessAborted(Promise.all([
			guest.template({
				cpus: configuration.cpus ?? defaultSize.cpus, memoryBytes: configuration.memory ?? defaultSize.memoryBytes, kernel: configuration.kernel,
			}),
			disks.base(image),
			prepareLog(files.log).then(async () => {
				await chown(files.log, uid, guest.gid);
				await chmod(files.log, 0o600);
			}),
		]), signal);
		const devices = devicesFor(container.attachments, context.networks);
		entry.devices = Object.fromEntries(devices.map(({endpointId, name}) => [endpointId, name]));
		const machine = await startMachine({
			name: `holm-${container.name}`.slice(0, 64),
			directory: files.machine,
			template,
			program: guest.program,
			uid,
			gid: guest.gid,
			network: context.namespace.path,
			disk: files.disk,
			devices,
			shares: sharesFor(context, container),
			log: files.log,
			message: startMessageFor(context, container, base.accounts),
			privateKey: guest.key.privateKey,
			signal,
		});
		entry.container = {...entry.container, machine: {
			accelerator: template.shape.accelerator,
			cpus: template.shape.cpus,
			memoryBytes: template.shape.memoryBytes,
			kernel: template.shape.kernel,
			phases: [],
		}};
		try {
			await unlessAborted(machine.started, signal);
			return machine;
		} catch (error) {
			if (signal.aborted) {
				await machine.kill();
				throw error;
			}

			const end = await machine.ended;
			if (end.kind === 'exited') {
				return machine;
			}

			throw end.kind === 'refused' ? refusalOf(end.reason, container).error : new HolmError('internal', `the machine of ${container.name} did not start: ${end.reason}`, {remedy: `holm logs --boot ${container.name} may say more; ${patienceRemedy}`});
		}
	};

	const startNow = async (entry: Entry): Promise<void> => {
		await settled(entry);
		if (isClosed || entry.isGoing) {
			throw new HolmError('unavailable', `container ${entry.container.name} cannot be started: ${isClosed ? 'the engine is ending' : 'it is being removed'}`);
		}

		const giveUp = new AbortController();
		const {signal} = giveUp;
		const {promise: over, resolve: end} = Promise.withResolvers<void>();
		entry.run = {state: 'starting', giveUp, over};
		try {
			// A port in use is found out before anything else is made.
			const ports = await networking.publishPorts(entry);
			entry.container = {...entry.container, ports};
			await networking.plug(entry);
			const machine = await boot(entry, signal);
			const container: Container = {
				...entry.container,
				status: {state: 'running', pid: machine.pid, startedAt: Date.now()},
				machine: {...entry.container.machine!, phases: machine.phases()},
			};
			// What cannot be written down does not run: a later engine would not know of it.
			await saveContainer(context, {...entry, container, isStoppedByUser: false});
			signal.throwIfAborted();
			entry.isStoppedByUser = false;
			entry.container = container;
			supervise(entry, machine);
			publishConnections(context, entry, 'connect');
			publishContainer(context, entry, 'start');
			entry.changed.notify();
		} catch (error) {
			await clear(entry);
			const {status} = entry.container;
			entry.container = {
				...entry.container,
				ports: wantedPorts(entry.container),
				// A restart that fails is the end of restarting.
				status: status.state === 'restarting' && !isClosed ? {
					state: 'exited', exitCode: 128, reason: messageOf(error), outOfMemory: false, startedAt: 0, finishedAt: Date.now(),
				} : status,
			};
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

	/** Of one that was to be restarted and will not be. */
	const rest = async (entry: Entry, {exitCode, finishedAt}: Extract<Container['status'], {state: 'restarting'}>) => {
		cancelRestart(entry);
		await update(entry, {status: {
			state: 'exited', exitCode, outOfMemory: false, startedAt: 0, finishedAt,
		}});
		announceEnd(entry);
	};

	/** Kills the process, so that the disk is left in order; and the machine, when that is not enough. */
	const end = async (machine: Machine): Promise<void> => {
		machine.signal(sigkill).catch(() => undefined);
		if (!await endsWithin(machine.ended, guestPatienceMs)) {
			await machine.kill();
		}
	};

	/** Lets a paused machine go on, so that its guest can end in order. One that does not is ended without. */
	const wake = async ({container}: Entry, machine: Machine) => {
		if (container.status.state === 'paused') {
			await endsWithin(machine.resume().catch((error: unknown) => {
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
		if (seconds < 0 || (seconds > 0 && await endsWithin(run.over, seconds * 1000))) {
			await run.over;
			return false;
		}

		entry.isStoppedByUser ||= !options.isHostStopping;
		run.giveUp.abort(new HolmError('conflict', `container ${container.name} was ended before its process ran`));
		await run.over;
		return true;
	};

	const kill: Supervisor['kill'] = async entry => {
		const {run} = entry;
		if (run.state === 'starting') {
			await endStart(entry, {timeoutSeconds: 0});
		} else if (run.state === 'live') {
			await wake(entry, run.machine);
			await end(run.machine);
			await run.over;
		} else {
			await settled(entry);
		}
	};

	return {
		async start(entry) {
			const {status, name} = entry.container;
			if (isLive(entry)) {
				if (status.state === 'paused') {
					throw new HolmError('conflict', `cannot start a paused container, try unpause instead: ${name}`, {remedy: `holm unpause ${name}`});
				}

				throw new HolmError('not-modified', `container ${name} runs already`);
			}

			cancelRestart(entry);
			entry.restartsInARow = 0;
			entry.container = {...entry.container, restartCount: 0};
			await startNow(entry);
		},
		async stop(entry, options = {}) {
			const {container, run} = entry;
			const {configuration, status} = container;
			entry.isStoppedByUser ||= !options.isHostStopping;
			if (status.state === 'restarting') {
				await rest(entry, status);
				return;
			}

			if (run.state !== 'live') {
				await settled(entry);
				await saveContainer(context, entry);
				throw new HolmError('not-modified', `container ${container.name} does not run`);
			}

			const image = await images.get(container.imageId).catch(() => undefined);
			const signal = signalNumber(options.signal ?? configuration.stopSignal ?? image?.configuration.stopSignal ?? 'SIGTERM');
			const seconds = secondsFor(entry, options);
			await wake(entry, run.machine);

			publishContainer(context, entry, 'kill', {signal: String(signal)});
			if (seconds !== 0) {
				// One whose guest does not take it any more is ended below.
				run.machine.signal(signal).catch(() => undefined);
			}

			if (seconds < 0) {
				await run.machine.ended;
			} else if (!await endsWithin(run.machine.ended, seconds * 1000)) {
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
			const {status, configuration: {restartPolicy}, restartCount} = entry.container;
			if (status.state === 'restarting' && !restarts(restartPolicy, {exitCode: status.exitCode, isStopped: false, restartCount})) {
				await rest(entry, status);
			}
		},
	};
};
