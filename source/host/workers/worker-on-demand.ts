import {connect} from './worker-link.js';
import {filesOf} from './worker-launch.js';
import type {WorkerOptions} from './worker-protocol.js';
import {openWorker, type Worker} from './worker.js';

/** A worker that starts at its first use. */
export type WorkerOnDemand<Request, Answer> = {
	/** The worker, which is started if there is none. Throws as `openWorker` does; the next call tries again. */
	readonly start: () => Promise<Worker<Request, Answer>>;
	/** Whether `start` was called, or the worker was found running. */
	readonly isStarted: () => boolean;
	/** Stops the worker, if it runs, and removes its files. */
	readonly close: () => Promise<void>;
};

const isRunning = async ({directory, name}: Pick<WorkerOptions<never>, 'directory' | 'name'>): Promise<boolean> => {
	const link = await connect(filesOf(directory, name).socket, name);
	if (link !== undefined && link !== 'silent') {
		link.destroy();
	}

	return link !== undefined;
};

/** Connects to the running worker of this name, as `openWorker` does. If there is none, it is started when it is needed. */
export const openWorkerOnDemand = async <Request, Answer>(options: WorkerOptions<Request>): Promise<WorkerOnDemand<Request, Answer>> => {
	let opening: Promise<Worker<Request, Answer>> | undefined;
	const start = async () => {
		opening ??= openWorker<Request, Answer>(options);
		try {
			return await opening;
		} catch (error) {
			opening = undefined;
			throw error;
		}
	};

	if (await isRunning(options)) {
		await start();
	}

	return {
		start,
		isStarted: () => opening !== undefined,
		async close() {
			// One that an earlier daemon was just starting.
			if (opening ?? await isRunning(options)) {
				const {close} = await start();
				await close();
			}
		},
	};
};
