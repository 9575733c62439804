import {secondsSetting} from './seconds-setting.js';

/** On a busy host, under emulation or with nested virtualisation, a guest may take half a minute between two messages. */
const usualSilenceMs = 120_000;

/**
How long a guest may be silent while its process starts, while it ends, and during an answer, in milliseconds: HOLM_START_TIMEOUT, in seconds, else 120 s.

Throws `invalid` for a value that is not a time from 1 second to a day.
*/
export const silenceLimitMs = (variables: Readonly<Record<string, string | undefined>> = process.env): number =>
	secondsSetting(variables, 'HOLM_START_TIMEOUT', 'a guest could have to answer') ?? usualSilenceMs;

/** Remedy for a timeout on a slow host. */
export const patienceRemedy = 'on a slow host, start the daemon with a larger HOLM_START_TIMEOUT (seconds)';

/** Time until the end of a VM is known once its guest has gone. */
export const endLimitMs = 2000;

/** The longest delay of a timer of Node, 24 days; a longer one would end at once. */
export const longestDelayMs = (2 ** 31) - 1;

/** Waits for `work`, at most for the limit. Resolves with whether it ended; rejects if it rejects. */
export const willEndWithin = async (work: Promise<unknown>, limitMs: number): Promise<boolean> => {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<false>(resolve => {
		timer = setTimeout(resolve, Math.min(limitMs, longestDelayMs), false);
	});
	try {
		return await Promise.race([work.then(() => true), timeout]);
	} finally {
		clearTimeout(timer);
	}
};

/** Resolves as `work` does, or rejects with the reason of `signal` if that aborts first. The work itself continues. */
export const unlessAborted = async <Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> => {
	work.catch(() => undefined);
	const {promise, reject} = Promise.withResolvers<never>();
	const abort = () => {
		reject(signal?.reason as Error);
	};

	signal?.addEventListener('abort', abort);
	try {
		signal?.throwIfAborted();
		return await Promise.race([work, promise]);
	} finally {
		signal?.removeEventListener('abort', abort);
	}
};

/** Resolves as `work` does, or rejects with the error of `fail` after the limit. */
export const within = async <Result>(work: Promise<Result>, limitMs: number, fail: () => Error): Promise<Result> => {
	if (!await willEndWithin(work, limitMs)) {
		work.catch(() => undefined);
		throw fail();
	}

	return work;
};
