import {openWorkerOnDemand} from '../workers/worker-on-demand.js';
import type {Forward} from './forward.js';
import type {ForwarderRequest} from './forwards.js';

export type ForwarderOptions = {
	/** Directory of the worker's socket, lock and log. */
	readonly directory: string;
	/** Source address of traffic to containers, for the host's policy routing; default that of the route. */
	readonly localAddress?: string;
};

export type Forwarder = {
	/**
	Replaces the table, and resolves with the new one, in the same order, with the ports chosen for 0, and one forward for each family of a forward without an address.

	Unchanged forwards keep their connections; removed ones lose them. Rejects with `conflict` if an address is in use, and `forbidden` or `invalid` if it cannot be bound; then nothing changes.
	*/
	readonly replace: (forwards: readonly Forward[]) => Promise<readonly Forward[]>;
	readonly close: () => Promise<void>;
};

/** The forwarder of published ports, in a separate process on the host's network. Starts with the first port, or connects to a running one. It outlives the daemon, and the next daemon connects to it. */
export const openForwarder = async ({directory, localAddress}: ForwarderOptions): Promise<Forwarder> => {
	let state: readonly Forward[] | undefined;
	const worker = await openWorkerOnDemand<ForwarderRequest, readonly Forward[]>({
		directory,
		name: 'forwarder',
		module: new URL('forwarder-worker.js', import.meta.url),
		// An earlier version's worker refuses forwards without an address.
		key: 'families',
		arguments: localAddress === undefined ? [] : [localAddress],
		// If another program has taken a port meanwhile, the other ports must still open.
		state: () => state && {forwards: state, isPartial: true},
	});
	return {
		async replace(forwards) {
			if (forwards.length === 0 && !worker.isStarted()) {
				return [];
			}

			const {call} = await worker.start();
			state = await call({forwards, isPartial: false});
			return state;
		},
		close: worker.close,
	};
};
