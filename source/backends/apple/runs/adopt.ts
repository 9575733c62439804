import {liveOf, publishOf, type Context, type Run} from '../context.js';
import {findById, type Item} from '../listing.js';
import {directoryOf} from '../records.js';
import {watchEnd} from './watch-end.js';
import {watchOutput} from './watch-output.js';

/** Watches a container that another process has started, until it ends. */
export const adoptRun = async (context: Context, item: Item): Promise<void> => {
	const live = liveOf(context, item.id);
	if (live.run) {
		return;
	}

	live.lost = undefined;
	if (item.container.status.state !== 'running') {
		return;
	}

	const program = await context.program();
	const {promise: over, resolve} = Promise.withResolvers<void>();
	const run: Run = {
		startedAt: item.container.status.startedAt,
		from: {stdout: 0, stderr: 0},
		over,
		settle: resolve,
		isKilled: false,
		isAdopted: true,
	};
	live.run = run;
	if (item.stored.keeper !== undefined) {
		const {stdout} = await program.shell('cd "$1" && wc -c <stdout && wc -c <stderr', [directoryOf(program, item.id)]);
		const [out = 0, errors = 0] = stdout.toString().trim().split(/\s+/v).map(Number);
		run.from = {stdout: out, stderr: errors};
		await watchOutput(context, item, run, context.isKeeper);
	}

	const watch = async () => {
		await watchEnd(context, item, run);
		if (live.run !== run) {
			return;
		}

		const present = await findById(context, item.id).catch(() => undefined);
		await run.following?.finish();
		const exitCode = present?.stored.exit?.exitCode ?? 255;
		live.lastExit = {exitCode};
		live.exits++;
		if (present) {
			context.told.set(item.id, 'stopped');
			publishOf(context, present, 'die', {exitCode: String(exitCode)});
		}

		live.run = undefined;
		live.isRemoved ||= !present;
		live.changed.notify();
		resolve();
	};

	void watch();
};
