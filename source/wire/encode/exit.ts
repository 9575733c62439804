import {exitSummary} from '../../engine/exit-words.js';
import type {Exit} from '../../engine/resources.js';
import {encodeTime} from '../times.js';

/** How a container ended, beside Docker's `State`. */
export const encodeExit = (exit: Exit) => {
	const {at, exitCode, cause, startedAt, memoryPeakBytes, memoryLimitBytes} = exit;
	return {
		At: encodeTime(at),
		ExitCode: exitCode,
		Summary: exitSummary(exit),
		Cause: cause.kind,
		Verb: cause.kind === 'request' ? cause.verb : undefined,
		Signal: cause.kind === 'request' ? cause.signal : undefined,
		By: cause.kind === 'request' ? cause.by : undefined,
		Reason: 'reason' in cause ? cause.reason : undefined,
		Phase: cause.kind === 'start' ? cause.phase : undefined,
		StartedAt: encodeTime(startedAt),
		MemoryPeakBytes: memoryPeakBytes,
		MemoryLimitBytes: memoryLimitBytes,
	};
};
