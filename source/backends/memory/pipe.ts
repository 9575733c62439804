import {Buffer} from 'node:buffer';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {createWake} from '../../engine/wake.js';

/** Where a process reads from. A signal ends the reading; what comes later is left to the next reader. */
export type Input = {
	/** The next bytes; undefined at the end. */
	readonly read: (signal: AbortSignal) => Promise<Uint8Array | undefined>;
	/** The next line with its line feed, if it has one; undefined at the end. */
	readonly readLine: (signal: AbortSignal) => Promise<string | undefined>;
};

/** Where a process writes to. */
export type Output = {
	/** Resolves when there is room for more. */
	readonly write: (data: string | Uint8Array) => Promise<void>;
};

export type Pipe = Input & Output & {
	/** Ends the writing side. */
	readonly end: () => void;
};

/** Bytes that wait before the writer has to wait, as in Linux. */
const capacity = 64 * 1024;

/** Bytes that a program keeps at most of an input, which may never end. */
const largestRead = 16 * 1024 * 1024;

/** Throws where a program would keep more than `largestRead`. */
export const checkLength = (length: number): void => {
	if (length > largestRead) {
		throw new RangeError('out of memory');
	}
};

export const nowhere: Output = {write: async () => undefined};

export const createPipe = (): Pipe => {
	let chunks: Buffer[] = [];
	/** Bytes that no reader has looked at. */
	let unseen = 0;
	let isEnded = false;
	let writes = 0;
	const wake = createWake();
	const isFull = () => unseen > capacity && !isEnded;

	/** All that waits, which makes room for more. */
	const look = (): Buffer => {
		const [first, ...more] = chunks;
		const all = first && more.length === 0 ? first : Buffer.concat(chunks);
		chunks = [all];
		if (unseen > capacity) {
			wake.notify();
		}

		unseen = 0;
		return all;
	};

	const take = (length: number): Buffer => {
		const all = look();
		chunks = [all.subarray(length)];
		return all.subarray(0, length);
	};

	return {
		async write(data) {
			if (isEnded || data.length === 0) {
				return;
			}

			const chunk = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
			chunks.push(chunk);
			unseen += chunk.length;
			wake.notify();
			writes++;
			if (writes % 64 === 0) {
				// A writer and a reader alone would block the event loop.
				await nextTurn();
			}

			while (isFull()) {
				await wake.wait();
			}
		},
		async read(signal) {
			const isWaiting = () => look().length === 0 && !isEnded && !signal.aborted;
			while (isWaiting()) {
				await wake.wait(signal);
			}

			const {length} = look();
			return length === 0 || signal.aborted ? undefined : take(length);
		},
		async readLine(signal) {
			for (;;) {
				const all = look();
				const end = all.indexOf(10) + 1;
				if (end > 0 && !signal.aborted) {
					return take(end).toString();
				}

				if (isEnded || signal.aborted) {
					return all.length === 0 || signal.aborted ? undefined : take(all.length).toString();
				}

				checkLength(all.length);
				await wake.wait(signal);
			}
		},
		end() {
			isEnded = true;
			wake.notify();
		},
	};
};

/** An input of these bytes. */
export const inputOf = (content: Uint8Array): Input => {
	const pipe = createPipe();
	void pipe.write(content);
	pipe.end();
	return pipe;
};

export const emptyInput = inputOf(new Uint8Array());

/** Keeps what is written. Throws for too much. */
export const createCollector = (): Output & {readonly content: () => Buffer} => {
	const chunks: Uint8Array[] = [];
	let length = 0;
	return {
		async write(data) {
			const chunk = Buffer.from(data as string);
			length += chunk.length;
			checkLength(length);
			chunks.push(chunk);
		},
		content: () => Buffer.concat(chunks),
	};
};
