import type {Entry} from './context.js';

/** Containers that a commit has frozen, each with a promise that resolves when they thaw. */
const frozen = new WeakMap<Entry, Promise<void>>();

/** Marks a container as frozen until the returned function is called. */
export const markFrozen = (entry: Entry): () => void => {
	const {promise, resolve} = Promise.withResolvers<void>();
	frozen.set(entry, promise);
	return () => {
		frozen.delete(entry);
		resolve();
	};
};

/** Resolves when a container is not frozen: the runtime starts no process in a frozen one. */
export const notFrozen = async (entry: Entry): Promise<void> => frozen.get(entry);
