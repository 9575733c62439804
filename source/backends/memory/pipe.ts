import {Buffer} from 'node:buffer';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {createWake} from '../../engine/wake.js';

/** Where a process reads from. */
export type Input = {
	/** The next bytes; undefined at the end. */
	readonly read: () => Promise<Uint8Array | undefined>;
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

export const emptyInput: Input = {read: async () => undefined};

/** An input of one chunk. */
export const inputOf = (content: Uint8Array): Input => {
	let rest: Uint8Array | undefined = content.length > 0 ? content : undefined;
	return {
		async read() {
			const read = rest;
			rest = undefined;
			return read;
		},
	};
};

export const nowhere: Output = {write: async () => undefined};

export const createPipe = (): Pipe => {
	let chunks: Uint8Array[] = [];
	let bytes = 0;
	let isEnded = false;
	let writes = 0;
	const wake = createWake();
	const isFull = () => bytes > capacity && !isEnded;
	const isEmpty = () => bytes === 0 && !isEnded;
	return {
		async write(data) {
			if (isEnded || data.length === 0) {
				return;
			}

			const chunk = typeof data === 'string' ? Buffer.from(data) : data;
			chunks.push(chunk);
			bytes += chunk.length;
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
		async read() {
			while (isEmpty()) {
				await wake.wait();
			}

			if (bytes === 0) {
				return undefined;
			}

			const read = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
			chunks = [];
			bytes = 0;
			wake.notify();
			return read;
		},
		end() {
			isEnded = true;
			wake.notify();
		},
	};
};

export type LineReader = Input & {
	/** The next line with its line feed, if it has one; undefined at the end. */
	readonly readLine: () => Promise<string | undefined>;
};

/** Reads lines; `read` gives what is left. */
export const createLineReader = (input: Input): LineReader => {
	let rest: Buffer = Buffer.alloc(0);
	return {
		async read() {
			if (rest.length > 0) {
				const read = rest;
				rest = Buffer.alloc(0);
				return read;
			}

			return input.read();
		},
		async readLine() {
			for (;;) {
				const end = rest.indexOf(10);
				if (end !== -1) {
					const line = rest.toString('utf8', 0, end + 1);
					rest = rest.subarray(end + 1);
					return line;
				}

				const chunk = await input.read();
				if (!chunk) {
					const line = rest.toString();
					rest = Buffer.alloc(0);
					return line === '' ? undefined : line;
				}

				rest = Buffer.concat([rest, chunk]);
				if (rest.length > largestRead) {
					throw new Error('out of memory');
				}
			}
		},
	};
};

/** Bytes that a program keeps at most of an input, which may never end. */
export const largestRead = 16 * 1024 * 1024;

/** Reads to the end. Throws for more than `largestRead`. */
export const readAll = async (input: Input): Promise<Buffer> => {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for (let chunk = await input.read(); chunk; chunk = await input.read()) {
		length += chunk.length;
		if (length > largestRead) {
			throw new Error('out of memory');
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
};
