import type {Readable, Writable} from 'node:stream';
import {text} from 'node:stream/consumers';

export type Input = Readable & {readonly isTTY?: boolean; readonly fd?: number; readonly setRawMode?: (isRaw: boolean) => unknown};
export type Output = Writable & {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number};

/** Writes with backpressure. */
export const write = async (output: Output, bytes: Uint8Array | string): Promise<void> => {
	if (!output.write(bytes)) {
		await new Promise<void>(resolve => {
			output.once('drain', resolve);
		});
	}
};

/** Copies a stream to the output, which stays open. */
export const writeAll = async (output: Output, source: Readable): Promise<void> => {
	for await (const chunk of source as AsyncIterable<Uint8Array>) {
		await write(output, chunk);
	}
};

/** Reads standard input to its end, as text. */
export const readInput = async ({stdin}: {readonly stdin: Input}): Promise<string> => text(stdin);
