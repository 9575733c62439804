import {HolmError} from '../../engine/errors.js';
import type {Engine} from '../../engine/engine.js';
import {type Filters, type Container, type ContainerStats} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {containerRules, pruneRules} from '../../rules/item-filters.js';
import {signalNumber} from '../../rules/containers/signals.js';
import {readLog} from '../containers/log.js';
import {createBootLog} from './boot-log.js';
import type {Networking} from './networking.js';
import {createContainer, discardContainer, renameContainer} from './creation.js';
import {type Execs} from './execs.js';
import {findContainer} from './find.js';
import type {Supervisor, StopOptions} from './supervisor.js';
import {
	assertRunning,
	isLive,
	machineOf,
	publishContainer,
	saveContainer,
	settled,
	type Entry,
	type Context,
} from './context.js';
import {listProcesses, readStats} from './guest-stats.js';
import {attach} from './streams.js';
import {diskBytesOf} from './system.js';
import {createUpdate} from './updates.js';
import type {HelperMachines} from './helper-machines.js';

const sigkill = 9;

type ContainerVerbs = Pick<Engine, 'containers' | 'container' | 'createContainer' | 'startContainer' | 'stopContainer' | 'restartContainer' | 'killContainer' | 'pauseContainer' | 'unpauseContainer' | 'renameContainer' | 'updateContainer' | 'removeContainer' | 'waitContainer' | 'logs' | 'bootLog' | 'attachContainer' | 'resizeContainer' | 'createExec' | 'startExec' | 'resizeExec' | 'exec' | 'stats' | 'top' | 'pruneContainers'>;

export type ContainerVerbsOptions = {
	readonly networking: Networking;
	readonly supervisor: Supervisor;
	readonly helpers: HelperMachines;
	readonly execs: Execs;
};

/** Takes a container away that does not run: its helper machine, its processes' records, its files. */
export const takeContainer = async (context: Context, {helpers, execs}: Pick<ContainerVerbsOptions, 'helpers' | 'execs'>, entry: Entry, volumes: boolean): Promise<void> => {
	await helpers.abandon(entry);
	await discardContainer(context, entry, {volumes});
	execs.forget(entry.container.id);
};

const exitOf = ({container: {status}}: Entry): {readonly exitCode: number; readonly reason?: string} =>
	status.state === 'exited' ? {exitCode: status.exitCode, ...status.reason !== undefined && {reason: status.reason}} : {exitCode: 'exitCode' in status ? status.exitCode : 0};

const assertSignal = (options: StopOptions | undefined): void => {
	if (options?.signal !== undefined) {
		signalNumber(options.signal);
	}
};

/** Whether it runs, or will again without anybody's doing. */
const isActive = (entry: Entry): boolean => isLive(entry) || entry.container.status.state === 'restarting';

/** Aborts when a container has come to rest: an end after which its policy starts it again is none. `signal` ends the watching. */
const restOf = (entry: Entry, signal?: AbortSignal): AbortSignal => {
	const rest = new AbortController();
	const look = () => {
		if (isActive(entry)) {
			entry.ended.signal.addEventListener('abort', look, {once: true, signal});
		} else {
			rest.abort();
		}
	};

	look();
	return rest.signal;
};

export const createContainerVerbs = (context: Context, options: ContainerVerbsOptions): ContainerVerbs => {
	const {networking, supervisor, helpers, execs} = options;
	const find = (reference: string) => findContainer(context, reference);

	const withSize = async (entry: Entry): Promise<Container> => ({...entry.container, diskBytes: await diskBytesOf(context, entry)});

	const start = async (entry: Entry) => {
		await helpers.close(entry);
		await supervisor.start(entry);
	};

	const end = async (entry: Entry) => {
		entry.isStoppedByUser = true;
		await Promise.all([helpers.abandon(entry), supervisor.kill(entry)]);
	};

	/** Removes a container that has come to rest. Its queue must be held. */
	const take = async (entry: Entry, volumes: boolean) => {
		const {container, isGoing} = entry;
		if (!context.containers.has(container.id)) {
			return;
		}

		if (isActive(entry) && !isGoing) {
			throw new HolmError('conflict', `cannot remove container "${container.name}": container is ${container.status.state}`, {remedy: `stop it first, or force it: holm rm -f ${container.name}`});
		}

		supervisor.cancelRestart(entry);
		await settled(entry);
		if (context.containers.has(container.id)) {
			await takeContainer(context, options, entry, volumes);
		}
	};

	const waitForEnd = async (entry: Entry, signal: AbortSignal | undefined) => {
		const {ended} = entry;
		while (!ended.signal.aborted && !signal?.aborted) {
			await entry.changed.wait(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
		}

		return exitOf(entry);
	};

	async function * stats(reference: string, {stream = false, signal}: Parameters<Engine['stats']>[1] = {}): AsyncGenerator<ContainerStats, void> {
		const entry = find(reference);
		const intervalMs = 1000;
		for (let next = Date.now(); !signal?.aborted; next += intervalMs) {
			try {
				yield await readStats(entry);
			} catch (error) {
				if (stream && !isLive(entry)) {
					return;
				}

				throw error;
			}

			if (!stream) {
				return;
			}

			const pause = AbortSignal.timeout(Math.max(next + intervalMs - Date.now(), 0));
			const ends = AbortSignal.any([pause, entry.ended.signal, ...signal ? [signal] : []]);
			await new Promise<void>(resolve => {
				ends.addEventListener('abort', () => {
					resolve();
				}, {once: true});
				// It may have come while the reader took its time.
				if (ends.aborted) {
					resolve();
				}
			});
			if (!isLive(entry)) {
				return;
			}
		}
	}

	const containersOf = async (filters: Filters) => {
		const images = filters.ancestor ? await context.images.list({all: true}) : [];
		const ancestors = new Map(await Promise.all((filters.ancestor ?? []).map(async reference => [reference, await context.images.get(reference).catch(() => undefined)] as const)));
		// The order in which they were made, also of those made in one millisecond.
		const ids = [...context.containers.keys()];
		const matches = filterOf(filters, containerRules({
			positionOf: reference => ids.indexOf(find(reference).container.id),
			ancestor(reference) {
				const image = ancestors.get(reference);
				// Those built on it begin with its layers.
				const descendants = new Set(image ? images.filter(({layers}) => image.layers.every((layer, index) => layers[index] === layer)).map(({id}) => id) : []);
				return ({imageId}) => descendants.has(imageId);
			},
		}));
		return context.containers.values().filter(({container}) => matches(container)).toArray();
	};

	return {
		async containers({all = false, filters = {}, size = false} = {}) {
			const isEvery = all || filters.status !== undefined || filters.exited !== undefined;
			const entries = await containersOf(filters);
			const shown = entries
				.filter(entry => isEvery || isActive(entry))
				.toSorted((one, other) => other.container.createdAt - one.container.createdAt);
			return size ? Promise.all(shown.map(async entry => withSize(entry))) : shown.map(({container}) => container);
		},
		async container(reference, {size = false} = {}) {
			const entry = find(reference);
			return size ? withSize(entry) : entry.container;
		},
		async createContainer(configuration) {
			const {container: {id}} = await createContainer(context, configuration);
			return {id, warnings: []};
		},
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
		async renameContainer(reference, name) {
			const entry = find(reference);
			await renameContainer(context, entry, name);
			if (isLive(entry)) {
				await networking.refreshNames();
			}
		},
		updateContainer: createUpdate(context, find, supervisor),
		async removeContainer(reference, {force = false, volumes = false} = {}) {
			const entry = find(reference);
			if (!force && entry.run.state === 'starting') {
				throw new HolmError('conflict', `cannot remove container "${entry.container.name}": container is being started`, {remedy: `stop it first, or force it: holm rm -f ${entry.container.name}`});
			}

			if (!force) {
				await entry.queue(async () => {
					await take(entry, volumes);
				});
				return;
			}

			entry.isGoing = true;
			try {
				// What is under way, such as a start or a stop, need not come to its own end.
				await end(entry);
				await entry.queue(async () => {
					await end(entry);
					await take(entry, volumes);
				});
			} finally {
				entry.isGoing = false;
			}
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
		logs(reference, logOptions = {}) {
			const entry = find(reference);
			return readLog(context.paths.container(entry.container.id).log, {...logOptions, ...logOptions.follow && {ended: restOf(entry, logOptions.signal)}});
		},
		bootLog: createBootLog(context, find),
		async attachContainer(reference, attachOptions) {
			const entry = find(reference);
			if (entry.container.status.state === 'paused') {
				throw new HolmError('conflict', `container ${entry.container.name} is paused`, {remedy: `unpause it before attaching: holm unpause ${entry.container.name}`});
			}

			publishContainer(context, entry, 'attach');
			return attach(context, entry, attachOptions);
		},
		async resizeContainer(reference, {rows, columns}) {
			const entry = find(reference);
			const machine = machineOf(entry);
			if (!machine) {
				throw new HolmError('conflict', `container ${entry.container.name} is not running`, {remedy: `holm start ${entry.container.name}`});
			}

			await machine.resize(rows, columns);
		},
		createExec: async (reference, configuration) => execs.create(find(reference), configuration),
		startExec: execs.start,
		async resizeExec(id, size) {
			await execs.resize(id, size);
		},
		exec: async id => execs.status(id),
		stats,
		top: async (reference, psArguments) => listProcesses(find(reference), psArguments),
		async pruneContainers(filters = {}) {
			const isWanted = filterOf(filters, pruneRules(({configuration}: Container) => configuration.labels, Date.now()));
			const going = context.containers.values()
				.filter(({container, run}) => run.state !== 'starting' && ['created', 'exited'].includes(container.status.state) && isWanted(container))
				.toArray();
			const removed: string[] = [];
			let freedBytes = 0;
			for (const entry of going) {
				await entry.queue(async () => {
					await settled(entry);
					if (entry.run.state === 'idle' && context.containers.has(entry.container.id)) {
						freedBytes += await diskBytesOf(context, entry);
						await takeContainer(context, options, entry, false);
						removed.push(entry.container.id);
					}
				});
			}

			return {removed, freedBytes};
		},
	};
};
