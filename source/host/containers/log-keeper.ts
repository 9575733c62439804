import {openWorkerOnDemand} from '../workers/worker-on-demand.js';

export type LogKeeperOptions = {
	/** Directory of the worker's socket, lock and log. */
	readonly directory: string;
	/** Parent of the machines' directories. */
	readonly machines: string;
};

export type LogKeeper = {
	/** Starts it, if it does not run. */
	readonly start: () => Promise<void>;
	readonly close: () => Promise<void>;
};

/** The log rotation, in a separate process. Starts with the first machine, or connects to a running one. It outlives the daemon, and the next daemon connects to it. */
export const openLogKeeper = async ({directory, machines}: LogKeeperOptions): Promise<LogKeeper> => {
	const {start, close} = await openWorkerOnDemand<void, void>({
		directory,
		name: 'logs',
		module: new URL('log-keeper-worker.js', import.meta.url),
		arguments: [machines],
	});
	return {
		async start() {
			await start();
		},
		close,
	};
};
