import {liveOf, type Context, type Run} from '../context.js';
import {follow} from '../follow.js';
import type {Item} from '../listing.js';
import {directoryOf} from '../records.js';

/** Stamps what arrives, and wakes those who wait for output. */
export const watchOutput = async (context: Context, item: Item, run: Run, hasStamps: boolean): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	const reached = {...run.from};
	run.following = await follow(program, {
		directory: directoryOf(program, item.id),
		from: run.from,
		hasStamps,
		onBytes(stream, bytes) {
			reached[stream] += bytes.length;
			if (hasStamps) {
				run.following?.stamps.write(`${stream} ${reached[stream]} ${Date.now()}\n`);
			}

			live.changed.notify();
		},
	});
};
