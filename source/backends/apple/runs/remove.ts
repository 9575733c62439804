import {changing, liveOf, publishOf, type Context} from '../context.js';
import type {Item} from '../listing.js';
import {removeRecord} from '../records.js';
import {removeAnonymous} from '../volumes.js';

const remove = async (context: Context, item: Item, {volumes}: {readonly volumes: boolean}): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	live.cancelRestart?.();
	live.cancelRestart = undefined;
	await program.run(['delete', '--force', item.apple.id]);
	await removeRecord(program, item.id);
	if (volumes) {
		await removeAnonymous(context, item);
	}

	live.isRemoved = true;
	context.lives.delete(item.id);
	context.told.delete(item.id);
	for (const [execId, exec] of context.execs) {
		if (exec.containerId === item.id) {
			context.execs.delete(execId);
		}
	}

	publishOf(context, item, 'destroy');
	live.changed.notify();
};

/** Removes a container that does not run, with its records; with `volumes` also its anonymous volumes that no other container mounts. */
export const removeItem = async (context: Context, item: Item, options: {readonly volumes: boolean}): Promise<void> =>
	changing(context, async () => remove(context, item, options));
