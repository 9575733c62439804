import {defaultNetwork} from '../../../engine/networks.js';
import type {Context, Run} from '../context.js';
import {refreshHosts} from '../hosts.js';
import {observeItems, type Item} from '../listing.js';
import {pollerOf} from './poller.js';

/** While a container runs on a network of one's own, keeps the names of containers that others start and stop there. */
export const keepNames = (context: Context, {container: {attachments}}: Item, {over}: Run): void => {
	if (attachments.every(({network}) => network === defaultNetwork)) {
		return;
	}

	const leave = pollerOf(context).join({who: 'names'});
	const stop = observeItems(context, ({items, isSettled}) => {
		if (isSettled) {
			refreshHosts(context, items).catch((error: unknown) => {
				context.log(`names of containers: ${String(error)}`);
			});
		}
	});
	const wait = async () => {
		await over;
		leave();
		stop();
	};

	void wait();
};
