import {restartDelay} from '../../../rules/containers/restart-policy.js';
import {liveOf, type Context} from '../context.js';
import {findById, type Item} from '../listing.js';

/** Starts a container. */
export type Restart = (context: Context, item: Item, options: {readonly restartCount: number}) => Promise<void>;

/** Schedules the restart that the policy asks for. */
export const restartLater = (context: Context, item: Item, start: Restart): void => {
	const live = liveOf(context, item.id);
	const {restartCount} = item.container;
	const restart = async () => {
		const present = await findById(context, item.id);
		if (!present || live.isStopped) {
			return;
		}

		live.attempts++;
		try {
			await start(context, present, {restartCount: restartCount + 1});
		} catch {
			// It stays as it is.
			live.changed.notify();
		}
	};

	const timer = setTimeout(() => {
		live.cancelRestart = undefined;
		void restart();
	}, restartDelay(live.attempts));
	live.cancelRestart = () => {
		clearTimeout(timer);
		live.cancelRestart = undefined;
		live.changed.notify();
	};
};
