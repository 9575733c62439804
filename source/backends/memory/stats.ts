import path from 'node:path';
import type {StatsVerbs} from '../../engine/stats.js';
import type {ContainerStats} from '../../engine/resources.js';
import {defaultMachineMemory} from '../../rules/containers/memory.js';
import type {ListedProcess} from '../../rules/containers/process-columns.js';
import {listedAs} from '../../rules/containers/process-list.js';
import {findContainer} from '../../rules/find-resource.js';
import {runOf} from './container-record.js';
import {createRandom, seedOf} from './random.js';
import type {ContainerRecord, State} from './state.js';

const loads = new WeakMap<ContainerRecord, ReturnType<typeof createLoad>>();

/** The load of a container. All statistics follow from it and the time since the start. */
const createLoad = ({container}: ContainerRecord) => {
	const random = createRandom(seedOf(`${container.configuration.image} ${container.name}`));
	const load = 0.002 + (random.next() ** 4 * 0.9);
	return {
		/** CPUs used on average, and the amplitude around it. */
		load,
		swing: load * (0.3 + (random.next() * 0.6)),
		/** Seconds from one peak to the next. */
		period: random.integer(9, 50),
		/** Bytes. */
		memory: (12 + (random.next() ** 3 * 260)) * 1024 * 1024,
		/** Bytes a second. */
		traffic: random.next() ** 3 * 60_000,
		disk: random.next() ** 4 * 40_000,
	};
};

/** The integral of a load that swings around an average. It never decreases while the swing is below the average. */
const accumulated = (average: number, swing: number, period: number, seconds: number): number => {
	const speed = 2 * Math.PI / period;
	return (average * seconds) + (swing / speed * (1 - Math.cos(speed * seconds)));
};

/** The statistics of a running container. */
export const readStats = (state: State, record: ContainerRecord): ContainerStats => {
	const {container, run} = record;
	const now = state.now();
	const known = loads.get(record) ?? createLoad(record);
	loads.set(record, known);
	const {load, swing, period, memory, traffic, disk} = known;
	const seconds = Math.max(record.activeMs + (record.activeSince === undefined ? 0 : now - record.activeSince), 0) / 1000;
	const cpus = container.machine?.cpus ?? 1;
	const limit = container.configuration.memory ?? container.machine?.memoryBytes ?? defaultMachineMemory;
	const cpuSeconds = accumulated(load, swing, period, seconds) + (swing / 7 * Math.abs(Math.sin(seconds)));
	const received = Math.floor(accumulated(traffic, traffic * 0.7, period * 1.3, seconds));
	const sent = Math.floor(accumulated(traffic * 1.6, traffic * 0.9, period * 1.1, seconds));
	const warm = 1 - Math.exp(-seconds / 20);
	const used = Math.min(memory * (0.55 + (0.4 * warm) + (0.05 * Math.sin(2 * Math.PI * seconds / (period * 2.3)))), limit * 0.93);
	const networks = container.attachments.map((_attachment, index) => {
		const share = index === 0 ? 1 : 5;
		const [receivedBytes, sentBytes] = [Math.floor(received / share), Math.floor(sent / share)];
		return [`eth${index}`, {
			receivedBytes, receivedPackets: Math.floor(receivedBytes / 640), sentBytes, sentPackets: Math.floor(sentBytes / 910),
		}] as const;
	});
	return {
		readAt: now,
		cpuNanoseconds: Math.floor(Math.min(cpuSeconds, seconds * cpus) * 1e9),
		systemCpuNanoseconds: Math.floor(Math.max(now - (run?.startedAt ?? now), 0) * cpus * 1e6),
		cpus,
		memoryBytes: Math.floor(used),
		memoryLimitBytes: limit,
		hostMemoryBytes: Math.floor((used * 1.12) + (61 * 1024 * 1024)),
		pids: run?.host.processes.size ?? 0,
		networks: Object.fromEntries(networks),
		blockReadBytes: Math.floor(4_200_000 + (disk * 0.2 * seconds)),
		blockWrittenBytes: Math.floor(disk * seconds),
	};
};

const isOver = ({container: {status}, isRemoved}: ContainerRecord) => isRemoved || status.state === 'exited' || status.state === 'created';

export const statsVerbs = (state: State): StatsVerbs => ({
	async * stats(reference, {stream = false, signal} = {}): AsyncGenerator<ContainerStats, void> {
		const record = findContainer(state.containers, reference);
		runOf(record);
		const release = state.watch();
		try {
			while (!signal?.aborted && !isOver(record)) {
				if (record.run) {
					yield readStats(state, record);
				}

				if (!stream) {
					return;
				}

				const next = state.timers.deadline(1000, signal);
				while (!next.signal.aborted && !isOver(record)) {
					await record.changed.wait(next.signal);
				}

				next.cancel();
				state.settle();
			}
		} finally {
			release();
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
