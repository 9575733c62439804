import process from 'node:process';
import {secondsSetting} from './seconds-setting.js';

/** A guest on a busy host, under emulation or within another virtual machine takes half a minute from one word to the next. */
const usualSilenceMs = 120_000;

/**
How long, in milliseconds, a guest may say nothing while its process is being started, while it ends, and in the middle of an answer: what HOLM_START_TIMEOUT says in seconds, else 120 s.

Throws `invalid` for a value that is no time from 1 second to a day.
*/
export const silenceLimitMs = (variables: Readonly<Record<string, string | undefined>> = process.env): number =>
	secondsSetting(variables, 'HOLM_START_TIMEOUT', 'a guest could have to answer') ?? usualSilenceMs;

/** What helps against a limit that a slow host has run into. */
export const patienceRemedy = 'on a slow host, start the daemon with a larger HOLM_START_TIMEOUT (seconds)';

/** Whether `work` ends within a time. Its failure is that of the call. */
export const willEndWithin = async (work: Promise<unknown>, limitMs: number): Promise<boolean> => {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<false>(resolve => {
		timer = setTimeout(resolve, limitMs, false);
	});
	try {
		return await Promise.race([work.then(() => true), timeout]);
	} finally {
		clearTimeout(timer);
	}
};

/** Resolves as `work` does, which goes on for others that wait for it, and rejects with the reason of `signal` when that aborts first. */
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

/** Resolves as `work` does, and rejects with what `fail` makes when that takes longer. */
export const within = async <Result>(work: Promise<Result>, limitMs: number, fail: () => Error): Promise<Result> => {
	if (!await willEndWithin(work, limitMs)) {
		work.catch(() => undefined);
		throw fail();
	}

	return work;
};
