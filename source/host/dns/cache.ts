import {Buffer} from 'node:buffer';
import type {Message} from './message.js';
import type {Answer} from './response.js';

export type CacheableAnswer = {
	readonly answer: Answer;
	/** Seconds it may be kept; 0 disables caching. */
	readonly ttlSeconds: number;
	/** Offsets of all TTLs in the answer's body. */
	readonly ttlOffsets: readonly number[];
};

export type AnswerCache = {
	/** The answer with its remaining TTLs. */
	readonly get: (key: string) => Answer | undefined;
	readonly set: (key: string, entry: CacheableAnswer) => void;
	readonly size: () => number;
};

type Entry = CacheableAnswer & {readonly storedAt: number};

const aged = ({answer, ttlOffsets}: Entry, seconds: number): Answer => {
	const body = Buffer.from(answer.body);
	for (const offset of ttlOffsets) {
		body.writeUInt32BE(Math.max(body.readUInt32BE(offset) - seconds, 0), offset);
	}

	return {...answer, body};
};

/**
A bounded cache of upstream answers that evicts the least recently used.

`now` is in milliseconds and monotonic.
*/
export const createAnswerCache = ({
	maximumEntries = 4096,
	maximumBytes = 8 * 1024 * 1024,
	now = () => performance.now(),
}: {readonly maximumEntries?: number; readonly maximumBytes?: number; readonly now?: () => number} = {}): AnswerCache => {
	// A map keeps the order of insertion, and every use inserts again.
	const entries = new Map<string, Entry>();
	let bytes = 0;
	const remove = (key: string) => {
		const entry = entries.get(key);
		if (!entry) {
			return;
		}

		bytes -= entry.answer.body.length;
		entries.delete(key);
	};

	return {
		get(key) {
			const entry = entries.get(key);
			if (!entry) {
				return undefined;
			}

			const seconds = Math.floor((now() - entry.storedAt) / 1000);
			if (seconds >= entry.ttlSeconds) {
				remove(key);
				return undefined;
			}

			entries.delete(key);
			entries.set(key, entry);
			return aged(entry, seconds);
		},
		set(key, entry) {
			remove(key);
			if (entry.ttlSeconds === 0) {
				return;
			}

			entries.set(key, {...entry, storedAt: now()});
			bytes += entry.answer.body.length;
			for (const oldest of entries.keys()) {
				if (entries.size <= maximumEntries && bytes <= maximumBytes) {
					break;
				}

				remove(oldest);
			}
		},
		size: () => entries.size,
	};
};
