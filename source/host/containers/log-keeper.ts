import {openWorker} from '../workers/worker.js';

export type LogKeeperOptions = {
	/** For the worker's socket, lock and log. */
	readonly directory: string;
	/** Directory with those of the machines. */
	readonly machines: string;
};

export type LogKeeper = {readonly close: () => Promise<void>};

/** The rotation of logs in a process of its own, which goes on when the daemon ends and is found again by the next one. */
export const openLogKeeper = async ({directory, machines}: LogKeeperOptions): Promise<LogKeeper> => {
	const {close} = await openWorker<void, void>({
		directory,
		name: 'logs',
		module: new URL('log-keeper-worker.js', import.meta.url),
		arguments: [machines],
	});
	return {close};
};
