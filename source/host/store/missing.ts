/** Whether an error means that the file or its directory does not exist. Other errors, such as EMFILE or EIO, do not tell. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Resolves with undefined if the file does not exist. Throws every other error. */
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

/** Whether an error means that this process or the host is out of descriptors or memory. */
export const isExhausted = (error: unknown): boolean => ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Returns for a missing file or invalid content. Throws if the system could not read a file that may be intact. */
export const throwUnreadable = (error: unknown): void => {
	if (error instanceof Error && 'syscall' in error && !isMissing(error)) {
		throw error;
	}
};
