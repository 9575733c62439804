import {open, type FileHandle} from 'node:fs/promises';

/**
The files of one log, newest first: `next` exists only during a rotation, `live` is being written, the others are complete.

A rotation moves files only towards the end of this list. So a reader that opens them in this order misses none, even during a rotation.
*/
export const logNames = (live: string, files: number) => ({
	next: `${live}.next`,
	live,
	older: Array.from({length: Math.max(files - 1, 0)}, (_, index) => `${live}.${index + 1}`),
});

/** Readers look this far back, so that files from a time with a higher limit are still read. */
export const maximumOlder = 99;

export type OpenLogFile = {readonly handle: FileHandle; readonly inode: bigint};

const openIfThere = async (file: string): Promise<OpenLogFile | undefined> => {
	let handle: FileHandle;
	try {
		handle = await open(file, 'r');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw error;
	}

	const {ino} = await handle.stat({bigint: true});
	return {handle, inode: ino};
};

/** Opens files from the newest to the oldest, or up to `isLast`. A file that appears again under a new name is opened once. */
const openBackwards = async (opened: OpenLogFile[], names: readonly string[], isLast: (file: OpenLogFile) => boolean) => {
	for (const name of names) {
		const file = await openIfThere(name);
		if (file && opened.some(({inode}) => inode === file.inode)) {
			await file.handle.close();
		} else if (file) {
			opened.push(file);
			if (isLast(file)) {
				return;
			}
		}
	}
};

export const closeAll = async (files: readonly OpenLogFile[]) => {
	await Promise.all(files.map(async ({handle}) => handle.close()));
};

/** Every file of a log, oldest first. Empty when there is no log yet. */
export const openLog = async (live: string): Promise<OpenLogFile[]> => {
	const names = logNames(live, maximumOlder + 1);
	const opened: OpenLogFile[] = [];
	try {
		// An empty `next` may not be in use yet; one with content is.
		const next = await openIfThere(names.next);
		const size = await next?.handle.stat();
		if (next && size && size.size > 0) {
			opened.push(next);
		} else {
			await next?.handle.close();
		}

		await openBackwards(opened, [names.live, ...names.older], () => false);
		return opened.toReversed();
	} catch (error) {
		await closeAll(opened);
		throw error;
	}
};

/**
The file that follows `current`, once `current` was rotated. Undefined while `current` is the live file or a rotation is in progress.

Once there is a successor, `current` is complete. If `current` was removed, the successor is the oldest file that is left.
*/
export const openSuccessor = async (live: string, current: OpenLogFile): Promise<OpenLogFile | undefined> => {
	const first = await openIfThere(live);
	if (!first) {
		return undefined;
	}

	const isCurrent = (file: OpenLogFile) => file.inode === current.inode;
	const opened = [first];
	try {
		if (!isCurrent(first)) {
			await openBackwards(opened, logNames(live, maximumOlder + 1).older, isCurrent);
		}

		const successor = opened.findLast(file => !isCurrent(file));
		await closeAll(opened.filter(file => file !== successor));
		return successor;
	} catch (error) {
		await closeAll(opened);
		throw error;
	}
};
