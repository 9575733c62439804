import {openWorker} from '../workers/worker.js';

export type LogKeeperOptions = {
	/** Directory of the worker's socket, lock and log. */
	readonly directory: string;
	/** Parent of the machines' directories. */
	readonly machines: string;
};

export type LogKeeper = {readonly close: () => Promise<void>};

/** Starts the log rotation in a separate process, or connects to it. It outlives the daemon, and the next daemon connects to it. */
export const openLogKeeper = async ({directory, machines}: LogKeeperOptions): Promise<LogKeeper> => {
	const {close} = await openWorker<void, void>({
		directory,
		name: 'logs',
		module: new URL('log-keeper-worker.js', import.meta.url),
		arguments: [machines],
	});
	return {close};
};
