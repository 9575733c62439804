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

/** Reads one file onwards. Chunks never change once they were handed out. */
const createReader = (file: OpenLogFile, start: number) => {
	let position = start;
	let buffer = Buffer.allocUnsafeSlow(chunkSize);
	return {
		file,
		/** Empty at the end of the file, for now. */
		async read(atMost = chunkSize): Promise<Uint8Array> {
			const {bytesRead} = await file.handle.read(buffer, 0, Math.min(atMost, chunkSize), position);
			if (bytesRead === 0) {
				// Whoever empties a live log by hand wants to see what comes next.
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
Reads open files of a log, oldest first, from an offset of them all together, up to `length` bytes.

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
	/** Ends the reading at once. */
	readonly signal?: AbortSignal;
	/** Aborts when nothing more will be written: what is there is still read to its end. */
	readonly ended: AbortSignal;
};

/**
Reads what is written to the live file of a log from a position on, across rotations, without losing or repeating a byte.

`current` is closed by this function, as is every file it opens itself. A reader that is further behind than what the rotation keeps goes on with the oldest file that is left.

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
				// Its predecessor is read once more before the change: it may have grown until now.
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
