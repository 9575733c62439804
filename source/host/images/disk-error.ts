import {HolmError, messageOf} from '../../engine/errors.js';

const codeOf = (error: unknown): unknown => (error as {code?: unknown} | undefined)?.code;

/** The user's error for a failed write of a client's data. */
export const diskError = (doing: string, error: unknown): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
		return new HolmError('unavailable', `${doing}: the disk is full`, {remedy: 'free some space, or holm image prune', cause: error});
	}

	return new HolmError('invalid', `${doing}: ${messageOf(error)}`, {cause: error});
};

/** The user's error if a program or a system call failed because the disk is full, else the given error. */
export const fullDisk = (doing: string, error: unknown): unknown =>
	/no space left on device|disk quota exceeded/iv.test(messageOf(error))
		? new HolmError('unavailable', `${doing}: the disk is full`, {remedy: 'free some space, or holm image prune', cause: error})
		: error;
