import path from 'node:path';
import type {StatsVerbs} from '../../engine/stats.js';
import type {Container, ContainerStats} from '../../engine/resources.js';
import {defaultMachineMemory} from '../../rules/containers/memory.js';
import type {ListedProcess} from '../../rules/containers/process-columns.js';
import {listedAs} from '../../rules/containers/process-list.js';
import {findContainer} from '../../rules/find-resource.js';
import {runOf, waitUntil} from './container-record.js';
import {createRandom, seedOf} from './random.js';
import type {ContainerRecord, State} from './state.js';

/** The load of a container. All statistics follow from it and the time since the start. */
const loadOf = ({id, configuration: {image}}: Container) => {
	const random = createRandom(seedOf(`${image} ${id}`));
	return {
		/** CPUs used on average. */
		cpus: 0.002 + (random.next() ** 4 * 0.6),
		/** Seconds from one peak to the next. */
		period: random.integer(9, 50),
		/** Bytes. */
		memory: (12 + (random.next() ** 3 * 260)) * 1024 * 1024,
		/** Bytes a second. */
		traffic: random.next() ** 3 * 60_000,
		disk: random.next() ** 4 * 40_000,
	};
};

/** What a rate that swings around its average has summed up to. It never decreases. */
const accumulated = (rate: number, period: number, seconds: number): number => {
	const speed = 2 * Math.PI / period;
	return Math.floor(rate * (seconds + (0.6 / speed * (1 - Math.cos(speed * seconds)))));
};

/** The statistics of a running container. */
export const readStats = (state: State, {container, run, activeMs, activeSince}: ContainerRecord): ContainerStats => {
	const now = state.now();
	const load = loadOf(container);
	const seconds = Math.max(activeMs + (activeSince === undefined ? 0 : now - activeSince), 0) / 1000;
	const cpus = container.machine?.cpus ?? 1;
	const limit = container.configuration.memory ?? container.machine?.memoryBytes ?? defaultMachineMemory;
	const swing = 0.05 * Math.sin(seconds / load.period);
	const used = Math.min(load.memory * (0.95 - (0.4 * Math.exp(-seconds / 20)) + swing), limit * 0.93);
	const networks = container.attachments.map((_attachment, index) => {
		const traffic = index === 0 ? load.traffic : load.traffic / 5;
		const receivedBytes = accumulated(traffic, load.period * 1.3, seconds);
		const sentBytes = accumulated(traffic * 1.6, load.period * 1.1, seconds);
		return [`eth${index}`, {
			receivedBytes, receivedPackets: Math.floor(receivedBytes / 640), sentBytes, sentPackets: Math.floor(sentBytes / 910),
		}] as const;
	});
	return {
		readAt: now,
		cpuNanoseconds: accumulated(load.cpus * 1e9, load.period, seconds),
		systemCpuNanoseconds: Math.floor(Math.max(now - (run?.startedAt ?? now), 0) * cpus * 1e6),
		cpus,
		memoryBytes: Math.floor(used),
		memoryLimitBytes: limit,
		hostMemoryBytes: Math.floor((used * 1.12) + (61 * 1024 * 1024)),
		pids: run?.host.processes.size ?? 0,
		networks: Object.fromEntries(networks),
		blockReadBytes: Math.floor(4_200_000 + (load.disk * 0.2 * seconds)),
		blockWrittenBytes: Math.floor(load.disk * seconds),
	};
};

const isOver = ({container: {status}, isRemoved}: ContainerRecord) => isRemoved || status.state === 'exited' || status.state === 'created';

export const statsVerbs = (state: State): StatsVerbs => ({
	async * stats(reference, {stream = false, signal} = {}): AsyncGenerator<ContainerStats, void> {
		const record = findContainer(state.containers, reference);
		runOf(record);
		using _ = state.watch();
		while (!signal?.aborted && !isOver(record)) {
			if (record.run) {
				yield readStats(state, record);
			}

			if (!stream) {
				return;
			}

			using next = state.timers.deadline(1000, signal);
			await waitUntil(record, () => isOver(record), next.signal);
			state.settle();
		}
	},
	async top(reference, psArguments) {
		const record = findContainer(state.containers, reference);
		const run = runOf(record);
		const {status} = record.container;
		const main = 'pid' in status ? status.pid : 0;
		const processes = [...run.host.processes.values()].map(({pid, user, startedAt, command}): ListedProcess => ({
			pid: main + pid - 1,
			parent: pid === 1 ? 1 : main,
			group: main,
			session: main,
			user,
			userGroup: user,
			state: 'S',
			hasTerminal: false,
			cpuSeconds: 0,
			startedAt,
			priority: 20,
			nice: 0,
			threads: 1,
			virtualBytes: 0,
			residentBytes: 0,
			processor: 0,
			flags: 0,
			name: path.basename(command[0] ?? '').slice(0, 15),
			command: command.join(' '),
		}));
		return listedAs(psArguments, {now: state.now(), memoryBytes: 0}, processes);
	},
});
