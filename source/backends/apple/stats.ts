import {HolmError} from '../../engine/errors.js';
import type {ContainerStats} from '../../engine/resources.js';
import type {StatsVerbs} from '../../engine/stats.js';
import {plainText} from './failures.js';
import {held, liveOf, type Context} from './context.js';
import {readItem, readItems, type Item} from './listing.js';
import {sample, statsOf} from './sampler.js';

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
			const begun = performance.now();
			const stats = statsOf(item, await sample(context));
			if (stats) {
				yield stats;
			}

			if (!stream) {
				return;
			}

			const timeout = AbortSignal.timeout(Math.ceil(Math.max(intervalMs - (performance.now() - begun), 1)));
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
