import {writeFile, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {createFileWake} from '../containers/file-wake.js';
import {openOwn} from './run-directory.js';

/** As much of a console as is read, from its end: a machine that prints more is ended for it. */
const maximumBytes = 16 * 1024 * 1024;

/** As much of it as stays when its machine is gone. */
const keptBytes = 1024 * 1024;

const [lineFeed, carriageReturn] = [10, 13];

/** Undefined where there is no such file, or something else that the machine's user put there. */
export const openConsole = async (file: string): Promise<FileHandle | undefined> => {
	try {
		return await openOwn(file);
	} catch {
		return undefined;
	}
};

/** The last bytes of a file, where in it they end, and when it was last written to. */
const readEnd = async (handle: FileHandle, atMost: number) => {
	const {size, mtimeMs} = await handle.stat();
	const buffer = Buffer.alloc(Math.min(size, atMost));
	const start = size - buffer.length;
	const {bytesRead} = await handle.read(buffer, 0, buffer.length, start);
	return {bytes: buffer.subarray(0, bytesRead), end: start + bytesRead, mtimeMs};
};

/** Copies the end of a console's file to one that outlives the machine. Nothing is copied where there is none. */
export const keepConsole = async (file: string, target: string): Promise<void> => {
	await using handle = await openConsole(file);
	if (handle) {
		const {bytes} = await readEnd(handle, keptBytes);
		await writeFile(target, bytes, {mode: 0o600});
	}
};

/** Takes bytes of a console apart into lines that end with a line feed alone, as a file has them and a serial line has not. The rest of a line that has no end yet is handed on as it is. */
const createLineSplitter = () => {
	let held = Buffer.alloc(0);
	return (chunk: Buffer): Buffer[] => {
		const bytes = Buffer.concat([held, chunk]);
		// Only what comes next tells whether this begins a line's end.
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
	/** A time, in milliseconds since the epoch, at which it had been printed. */
	readonly seenAt: number;
	/** With its line feed, unless it goes on in the next one. */
	readonly bytes: Uint8Array;
};

type Following = {readonly file: string; readonly ended: AbortSignal};

export type ConsoleOptions = {
	/** Last lines only; default all. */
	readonly tail?: number;
	/** Go on with what is printed to this file until `ended` aborts, after which nothing more will be. */
	readonly follow?: Following;
	/** Ends the reading at once. */
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
