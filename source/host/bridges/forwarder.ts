import {openWorker} from '../workers/worker.js';
import {type Forward} from './forward.js';
import {type ForwarderRequest} from './forwards.js';

export type ForwarderOptions = {
	/** For the worker's socket, lock and log. */
	readonly directory: string;
	/** Source address of everything that is sent to containers, for the host's policy routing; default the one that the route has. */
	readonly localAddress?: string;
};

export type Forwarder = {
	/**
	Takes a new table in place of the old one and resolves with it, in its order, with the ports that were chosen for 0.

	Forwards that stay keep their connections, those that went lose them. Rejects with `conflict` when an address is in use, `forbidden` or `invalid` when it cannot be bound at all; then everything is as it was.
	*/
	readonly replace: (forwards: readonly Forward[]) => Promise<readonly Forward[]>;
	readonly close: () => Promise<void>;
};

/** Published ports: a process on the host's network that goes on when the daemon ends and is found again by the next one. */
export const openForwarder = async ({directory, localAddress}: ForwarderOptions): Promise<Forwarder> => {
	let state: readonly Forward[] | undefined;
	const worker = await openWorker<ForwarderRequest, readonly Forward[]>({
		directory,
		name: 'forwarder',
		module: new URL('forwarder-worker.js', import.meta.url),
		arguments: localAddress === undefined ? [] : [localAddress],
		// A port that another program took in the meantime must not keep the others closed.
		state: () => state && {forwards: state, isPartial: true},
	});
	return {
		async replace(forwards) {
			state = await worker.call({forwards, isPartial: false});
			return state;
		},
		close: worker.close,
	};
};
