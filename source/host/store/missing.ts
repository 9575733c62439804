/** Whether a failure says that the file or its directory is not there. Any other one, such as EMFILE or EIO, says nothing about what is there. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Undefined for a file that is not there; throws every other failure. */
export const orMissing = async <Result>(reading: Promise<Result>): Promise<Result | undefined> => {
	try {
		return await reading;
	} catch (error) {
		if (isMissing(error)) {
			return undefined;
		}

		throw error;
	}
};

/** Whether a failure says that this process or the host has no more descriptors or memory at this moment. */
export const isExhausted = (error: unknown): boolean => ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Returns for a file that is not there or whose content is of no use; throws when the system could not read one that may be whole. */
export const throwUnreadable = (error: unknown): void => {
	if (error instanceof Error && 'syscall' in error && !isMissing(error)) {
		throw error;
	}
};
