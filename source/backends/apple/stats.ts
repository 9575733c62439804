import {HolmError} from '../../engine/errors.js';
import type {ContainerStats} from '../../engine/resources.js';
import type {StatsVerbs} from '../../engine/stats.js';
import {plainText} from './failures.js';
import {held, liveOf, type Context} from './context.js';
import {decodeStats, type AppleStats} from './decode/stats.js';
import {readItem, readItems, type Item} from './listing.js';

type Reading = {readonly readAt: number; readonly byId: ReadonlyMap<string, AppleStats>};

/** The reading that goes on, which all who ask meanwhile share: it takes Apple's program two seconds. */
const readings = new WeakMap<Context, Promise<Reading>>();

const sample = async (context: Context): Promise<Reading> => {
	const going = readings.get(context);
	if (going) {
		return going;
	}

	const read = async (): Promise<Reading> => {
		try {
			const program = await context.program();
			return {byId: decodeStats(await program.json(['stats', '--format', 'json', '--no-stream'])), readAt: Date.now()};
		} finally {
			readings.delete(context);
		}
	};

	const reading = read();
	readings.set(context, reading);
	return reading;
};

/** Milliseconds of a clock that is never set back. */
const monotonic = () => performance.now();

const statsOf = ({apple, container}: Item, {byId, readAt}: Reading): ContainerStats | undefined => {
	const found = byId.get(apple.id);
	if (!found) {
		return undefined;
	}

	const {id: _, ...stats} = found;
	const cpus = apple.cpus || 1;
	return {
		...stats,
		readAt,
		// The share of it is that of the machine's CPUs.
		systemCpuNanoseconds: Math.floor(monotonic() * 1e6) * cpus,
		cpus,
		memoryLimitBytes: stats.memoryLimitBytes || container.configuration.memory || apple.memoryBytes,
	};
};

/** The readings of all running containers, by id. */
export const readAllStats = async (context: Context, items: readonly Item[]): Promise<Readonly<Record<string, ContainerStats>>> => {
	const running = items.filter(({container}) => container.status.state === 'running');
	if (running.length === 0) {
		return {};
	}

	const reading = await sample(context);
	return Object.fromEntries(running.flatMap(item => {
		const stats = statsOf(item, reading);
		return stats ? [[item.id, stats]] : [];
	}));
};

const runningItem = async (context: Context, reference: string): Promise<Item> => {
	const item = await readItem(context, reference);
	if (item.container.status.state !== 'running') {
		throw new HolmError('conflict', `container ${item.id} is not running`, {remedy: `holm start ${item.name}`});
	}

	return item;
};

/** Milliseconds from one reading to the next: Apple's program takes two seconds of its own. */
const intervalMs = 1000;

/** The table that `ps` prints: the last column has the rest of the line. */
const tableOf = (text: string): Awaited<ReturnType<StatsVerbs['top']>> => {
	const [head = '', ...lines] = plainText(text).split('\n').filter(line => line.trim() !== '');
	const titles = head.trim().split(/\s+/v);
	return {titles, processes: lines.map(line => {
		const words = line.trim().split(/\s+/v);
		return [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(' ')];
	})};
};

export const statsVerbs = (context: Context): StatsVerbs => ({
	async * stats(reference, {stream = false, signal} = {}): AsyncGenerator<ContainerStats, void> {
		let item: Item | undefined = await runningItem(context, reference);
		const {id} = item;
		const live = liveOf(context, id);
		while (item?.container.status.state === 'running' && !signal?.aborted) {
			const begun = monotonic();
			const stats = statsOf(item, await sample(context));
			if (stats) {
				yield stats;
			}

			if (!stream) {
				return;
			}

			const timeout = AbortSignal.timeout(Math.ceil(Math.max(intervalMs - (monotonic() - begun), 1)));
			const next = signal ? AbortSignal.any([signal, timeout]) : timeout;
			const {exits} = live;
			while (!next.aborted && live.exits === exits && !live.isRemoved) {
				await held(async () => live.changed.wait(next));
			}

			item = (await readItems(context)).find(other => other.id === id);
		}
	},
	async top(reference, psArguments) {
		const item = await runningItem(context, reference);
		const program = await context.program();
		const words = psArguments?.trim() ? psArguments.trim().split(/\s+/v) : ['-ef'];
		const {stdout} = await program.run(['exec', item.apple.id, 'ps', ...words]);
		return tableOf(stdout.toString());
	},
});
