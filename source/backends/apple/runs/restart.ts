import {asHolmError, messageOf} from '../../../engine/errors.js';
import {restartDelay} from '../../../rules/containers/restart-policy.js';
import {liveOf, type Context} from '../context.js';
import {findById, updateState, type Item} from '../listing.js';

/** Starts a container. */
export type Restart = (context: Context, item: Item, options: {readonly restartCount: number}) => Promise<void>;

/** Leaves a container exited that could not be restarted: the reason is part of its state. */
const giveUp = async (context: Context, item: Item, cause: string): Promise<void> => {
	const {exitCode, finishedAt} = item.stored.exit ?? {...liveOf(context, item.id).lastExit, finishedAt: Date.now()};
	const reason = `it could not be restarted: ${cause}`;
	try {
		await updateState(context, item, {failure: {exitCode, finishedAt, reason}});
	} catch (error) {
		context.log(`${item.name}: ${messageOf(error)}`);
	}

	context.log(`${item.name} could not be restarted: ${cause}`);
};

/** Schedules the restart that the policy asks for. */
export const restartLater = (context: Context, item: Item, start: Restart): void => {
	const live = liveOf(context, item.id);
	const {restartCount} = item.container;
	const restart = async () => {
		let present: Item | undefined = item;
		try {
			present = await findById(context, item.id);
			if (!present || live.isStopped) {
				return;
			}

			live.attempts++;
			await start(context, present, {restartCount: restartCount + 1});
		} catch (error) {
			// Another process may have been faster.
			if (asHolmError(error).code !== 'not-modified') {
				await giveUp(context, present ?? item, messageOf(error));
			}

			live.changed.notify();
		} finally {
			live.isRestarting = false;
		}
	};

	const timer = setTimeout(() => {
		live.cancelRestart = undefined;
		live.isRestarting = true;
		void restart();
	}, restartDelay(live.attempts));
	live.cancelRestart = () => {
		clearTimeout(timer);
		live.cancelRestart = undefined;
		live.changed.notify();
	};
};
