import {type Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import type {Context, Output} from '../commands/command.js';

/** Writes and waits for the reader where it is slow. */
export const write = async (output: Output, bytes: Uint8Array | string): Promise<void> => {
	if (!output.write(bytes)) {
		await new Promise<void>(resolve => {
			output.once('drain', resolve);
		});
	}
};

/** Everything of a stream to the output, which stays open. */
export const writeAll = async (output: Output, source: Readable): Promise<void> => {
	for await (const chunk of source as AsyncIterable<Uint8Array>) {
		await write(output, chunk);
	}
};

/** Standard input to its end, as text. */
export const readInput = async ({stdin}: Pick<Context, 'stdin'>): Promise<string> => text(stdin);
