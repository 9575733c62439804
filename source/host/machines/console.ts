import {writeFile, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {createFileWake} from '../containers/file-wake.js';
import {openOwn} from './run-directory.js';

/** Bytes that are read from the end of a console. A machine that prints more is killed. */
const maximumBytes = 16 * 1024 * 1024;

/** Bytes that are kept after the machine has ended. */
const keptBytes = 1024 * 1024;

const [lineFeed, carriageReturn] = [10, 13];

/** Resolves with undefined if there is no such file, or if the machine's user replaced it. */
export const openConsole = async (file: string): Promise<FileHandle | undefined> => {
	try {
		return await openOwn(file);
	} catch {
		return undefined;
	}
};

/** The last bytes of a file, the offset of their end, and the file's time of modification. */
const readEnd = async (handle: FileHandle, atMost: number) => {
	const {size, mtimeMs} = await handle.stat();
	const buffer = Buffer.alloc(Math.min(size, atMost));
	const start = size - buffer.length;
	const {bytesRead} = await handle.read(buffer, 0, buffer.length, start);
	return {bytes: buffer.subarray(0, bytesRead), end: start + bytesRead, mtimeMs};
};

/** Copies the end of a console's file, if there is one, to a file that outlives the machine. */
export const keepConsole = async (file: string, target: string): Promise<void> => {
	await using handle = await openConsole(file);
	if (handle) {
		const {bytes} = await readEnd(handle, keptBytes);
		await writeFile(target, bytes, {mode: 0o600});
	}
};

/** Splits the bytes of a console into lines, and turns CR LF of the serial line into LF. An incomplete last line is passed on as it is. */
const createLineSplitter = () => {
	let held = Buffer.alloc(0);
	return (chunk: Buffer): Buffer[] => {
		const bytes = Buffer.concat([held, chunk]);
		// The next byte decides whether this is part of a CR LF.
		const length = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
		held = bytes.subarray(length);
		const lines: Buffer[] = [];
		for (let start = 0; start < length;) {
			const found = bytes.indexOf(lineFeed, start);
			const end = found === -1 ? length : found + 1;
			const isSerialEnd = found > start && bytes[found - 1] === carriageReturn;
			lines.push(isSerialEnd
				? Buffer.concat([bytes.subarray(start, found - 1), bytes.subarray(found, end)])
				: bytes.subarray(start, end));
			start = end;
		}

		return lines;
	};
};

export type ConsoleLine = {
	/** A time at or after it was printed, in milliseconds since the epoch. */
	readonly seenAt: number;
	/** Includes the line feed, unless the next one continues the line. */
	readonly bytes: Uint8Array;
};

type Following = {readonly file: string; readonly ended: AbortSignal};

export type ConsoleOptions = {
	/** Number of last lines; default all. */
	readonly tail?: number;
	/** Follow this file until `ended` aborts, which means that the machine has ended. */
	readonly follow?: Following;
	/** Stops reading at once. */
	readonly signal?: AbortSignal;
};

async function * followLines(
	handle: FileHandle,
	start: number,
	split: (chunk: Buffer) => Buffer[],
	{file, ended, signal}: Following & {readonly signal?: AbortSignal},
): AsyncGenerator<ConsoleLine, void> {
	using changes = createFileWake(path.dirname(file), signal ? [ended, signal] : [ended]);
	for (let position = start; !signal?.aborted;) {
		const changed = changes.arm();
		const isLastLook = ended.aborted;
		const {bytesRead, buffer} = await handle.read({position, buffer: Buffer.alloc(16 * 1024)});
		position += bytesRead;
		for (const bytes of split(buffer.subarray(0, bytesRead))) {
			yield {seenAt: Date.now(), bytes};
		}

		if (bytesRead === 0) {
			if (isLastLook) {
				return;
			}

			await changed.wait();
		}
	}
}

/**
The lines of a console.

@yields Lines, and pieces of lines that came without their end.
*/
export async function * readConsole(handle: FileHandle, {tail, follow, signal}: ConsoleOptions = {}): AsyncGenerator<ConsoleLine, void> {
	const split = createLineSplitter();
	const {bytes: printed, end, mtimeMs} = await readEnd(handle, maximumBytes);
	const lines = split(printed);
	for (const bytes of tail === undefined ? lines : lines.slice(Math.max(lines.length - tail, 0))) {
		if (signal?.aborted) {
			return;
		}

		yield {seenAt: mtimeMs, bytes};
	}

	if (follow) {
		yield * followLines(handle, end, split, {...follow, signal});
	}
}
