import {defaultNetwork} from '../../../engine/networks.js';
import type {Context, Run} from '../context.js';
import {refreshHosts} from '../hosts.js';
import {observeItems, type Item} from '../listing.js';
import {pollerOf} from './poller.js';

/** What keeps the names for all runs together: each look compares every container with every other one. */
type Keeping = {runs: number; readonly stop: () => void};

const kept = new WeakMap<Context, Keeping>();

const begin = (context: Context): Keeping => {
	const leave = pollerOf(context).join({who: 'names'});
	const stop = observeItems(context, ({items, isSettled}) => {
		if (isSettled) {
			void refreshHosts(context, items);
		}
	});
	return {runs: 0, stop() {
		leave();
		stop();
	}};
};

/** While a container runs on a network of one's own, keeps the names of containers that others start and stop there. */
export const keepNames = (context: Context, {container: {attachments}}: Item, {over}: Run): void => {
	if (attachments.every(({network}) => network === defaultNetwork)) {
		return;
	}

	const keeping = kept.get(context) ?? begin(context);
	kept.set(context, keeping);
	keeping.runs++;
	const wait = async () => {
		await over;
		keeping.runs--;
		if (keeping.runs === 0) {
			kept.delete(context);
			keeping.stop();
		}
	};

	void wait();
};
