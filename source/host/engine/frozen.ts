import type {Entry} from './context.js';

/** Containers whose processes a commit holds still, each with what resolves when they go on. */
const frozen = new WeakMap<Entry, Promise<void>>();

/** Marks a container as held still until the function that this returns is called. */
export const markFrozen = (entry: Entry): () => void => {
	const {promise, resolve} = Promise.withResolvers<void>();
	frozen.set(entry, promise);
	return () => {
		frozen.delete(entry);
		resolve();
	};
};

/** Resolves when a container is not held still: the runtime starts no process in one that is. */
export const notFrozen = async (entry: Entry): Promise<void> => frozen.get(entry);
