import {setTimeout as delay} from 'node:timers/promises';

/** Reads many sources at once; a slow one does not delay the others. */
export type TimedReads<Source, Reading> = (sources: readonly Source[]) => Promise<ReadonlyArray<readonly [Source, Reading]>>;

/** Reads from guests, which may be slow or never answer. A source that has not answered after `limitMs` is left out, and is not asked again until it answers. A source that fails is left out too. */
export const createTimedReads = <Source extends object, Reading>(
	read: (source: Source) => Promise<Reading>,
	limitMs: number,
): TimedReads<Source, Reading> => {
	const pending = new Map<Source, Promise<Reading | undefined>>();

	const start = async (source: Source): Promise<Reading | undefined> => {
		try {
			return await read(source);
		} catch {
			// It ended meanwhile.
			return undefined;
		} finally {
			pending.delete(source);
		}
	};

	return async sources => {
		const readings: Array<readonly [Source, Reading]> = [];
		const limit = new AbortController();
		const all = Promise.all(sources.map(async source => {
			const isAsked = pending.has(source);
			const answer = pending.get(source) ?? start(source);
			if (!isAsked) {
				pending.set(source, answer);
			}

			const reading = await answer;
			if (reading !== undefined && !limit.signal.aborted) {
				readings.push([source, reading]);
			}
		}));
		await Promise.race([all, delay(limitMs, undefined, {signal: limit.signal}).catch(() => undefined)]);
		limit.abort();
		return readings;
	};
};
