import type {Context, Run} from '../context.js';
import {observeItems, readItems, type Item} from '../listing.js';
import {pollerOf} from '../polling/poller.js';
import {directoryOf} from '../records.js';

/**
Resolves when a container that another process has started is seen not to run, or its run is over for another reason.

Of a run that Holm keeps, the end is a file, which this host tells of: nothing is polled for it. Others are looked at in the list.
*/
export const watchEnd = async (context: Context, item: Item, {over}: Run): Promise<void> => {
	const {transport} = context;
	const {promise, resolve} = Promise.withResolvers<void>();
	const stops = [observeItems(context, ({items}) => {
		if (items.find(({id}) => id === item.id)?.container.status.state !== 'running') {
			resolve();
		}
	})];
	const look = () => {
		readItems(context).catch(() => undefined);
	};

	const stopWatch = item.stored.keeper === undefined ? undefined : transport.watch?.(directoryOf(await context.program(), item.id), 'exit', look);
	stops.push(stopWatch ?? pollerOf(context).join({who: 'wait'}));
	if (stopWatch) {
		// It may have ended before.
		look();
	}

	await Promise.race([promise, over]);
	for (const stop of stops) {
		stop();
	}
};
