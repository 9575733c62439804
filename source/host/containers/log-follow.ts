import {Buffer} from 'node:buffer';
import path from 'node:path';
import {createFileWake} from './file-wake.js';
import {
	openLog,
	openSuccessor,
	closeAll,
	type OpenLogFile,
} from './log-files.js';

const chunkSize = 64 * 1024;

/** Reads one file forwards. Returned chunks are never modified later. */
const createReader = (file: OpenLogFile, start: number) => {
	let position = start;
	let buffer = Buffer.allocUnsafeSlow(chunkSize);
	return {
		file,
		/** Empty at the present end of the file. */
		async read(atMost = chunkSize): Promise<Uint8Array> {
			const {bytesRead} = await file.handle.read(buffer, 0, Math.min(atMost, chunkSize), position);
			if (bytesRead === 0) {
				// After a user truncates a live log, reading continues at its new end.
				const {size} = await file.handle.stat();
				position = Math.min(position, size);
				return new Uint8Array();
			}

			position += bytesRead;
			const chunk = buffer.subarray(0, bytesRead);
			if (bytesRead < chunkSize / 4) {
				return Uint8Array.from(chunk);
			}

			buffer = Buffer.allocUnsafeSlow(chunkSize);
			return chunk;
		},
	};
};

/**
Reads up to `length` bytes from the open files of a log, oldest first. `offset` counts across all files.

@yields Chunks that never change.
*/
export const readChunks = async function * (
	files: ReadonlyArray<OpenLogFile & {readonly size: number}>,
	offset: number,
	length: number,
	signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
	let begin = offset;
	let left = length;
	for (const file of files) {
		if (begin >= file.size) {
			begin -= file.size;
			continue;
		}

		const reader = createReader(file, begin);
		for (let chunk = await reader.read(left); chunk.length > 0 && left > 0; chunk = await reader.read(left)) {
			if (signal?.aborted) {
				return;
			}

			left -= chunk.length;
			yield chunk;
		}

		begin = 0;
	}
};

export type FollowOptions = {
	/** Stops reading at once. */
	readonly signal?: AbortSignal;
	/** Aborts when nothing more will be written. What is there is still read to its end. */
	readonly ended: AbortSignal;
};

/**
Follows the live file of a log from a position on, across rotations, without losing or repeating a byte.

Closes `current` and every file it opens. A reader that is further behind than the files that are kept continues with the oldest of them.

@yields Chunks that never change.
*/
export const followChunks = async function * (
	live: string,
	current: OpenLogFile | undefined,
	position: number,
	{signal, ended}: FollowOptions,
): AsyncGenerator<Uint8Array, void> {
	let reader = current && createReader(current, position);
	let successor: OpenLogFile | undefined;
	using wake = createFileWake(path.dirname(live), signal ? [signal, ended] : [ended]);
	try {
		while (!signal?.aborted) {
			const armed = wake.arm();
			const isLastLook = ended.aborted;
			const chunk = await reader?.read();
			if (chunk && chunk.length > 0) {
				yield chunk;
				continue;
			}

			if (successor && reader) {
				await reader.file.handle.close();
				reader = createReader(successor, 0);
				successor = undefined;
				continue;
			}

			if (reader) {
				// The old file is read once more first, because it may have grown in the meantime.
				successor = await openSuccessor(live, reader.file);
			} else {
				const [first, ...others] = await openLog(live);
				await closeAll(others);
				reader = first && createReader(first, 0);
			}

			const isNew = successor !== undefined || (reader !== undefined && chunk === undefined);
			if (isNew) {
				continue;
			}

			if (isLastLook) {
				return;
			}

			await armed.wait();
		}
	} finally {
		await closeAll([reader?.file, successor].filter(file => file !== undefined));
	}
};
