import {Buffer} from 'node:buffer';
import {createWake} from './wake.js';

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
	/** Says that nothing more comes. */
	readonly end: () => void;
	/** How many bytes wait to be read. */
	readonly waiting: () => number;
};

/** As many unread bytes as a pipe of Linux takes before its writer has to wait. */
const capacity = 64 * 1024;

export const emptyInput: Input = {read: async () => undefined};

export const nowhere: Output = {write: async () => undefined};

export const createPipe = (): Pipe => {
	let chunks: Uint8Array[] = [];
	let bytes = 0;
	let isEnded = false;
	const wake = createWake();
	return {
		async write(data) {
			if (isEnded || data.length === 0) {
				return;
			}

			const chunk = typeof data === 'string' ? Buffer.from(data) : data;
			chunks.push(chunk);
			bytes += chunk.length;
			wake.notify();
			while (bytes > capacity && !isEnded) {
				await wake.wait();
			}
		},
		async read() {
			while (bytes === 0) {
				if (isEnded) {
					return undefined;
				}

				await wake.wait();
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
		waiting: () => bytes,
	};
};

/** A reader of lines, which also hands on what is left for another one. */
export const createLineReader = (input: Input): Input & {readonly readLine: () => Promise<string | undefined>} => {
	let rest = Buffer.alloc(0);
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
					const line = rest.toString('utf8', 0, end);
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
			}
		},
	};
};

/** Everything up to the end. */
export const readAll = async (input: Input): Promise<Buffer> => {
	const chunks: Uint8Array[] = [];
	for (let chunk = await input.read(); chunk; chunk = await input.read()) {
		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
};
