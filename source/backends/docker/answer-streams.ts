import type {IncomingMessage} from 'node:http';
import {PassThrough, type Readable} from 'node:stream';
import {readJsonLines} from '../../wire/json-lines.js';
import type {Client} from './client.js';
import {connectionError} from './failures.js';

/**
The JSON values of a response, one per line, until it ends or `signal` aborts.

@yields Each value as it comes.
*/
export async function * readLines(client: Client, response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<unknown, void> {
	try {
		yield * readJsonLines(response);
	} catch (error) {
		if (!signal?.aborted) {
			throw connectionError(error, client.address);
		}
	}
}

/**
An iterable whose `return` ends its request at once.

A plain generator handles `return` only after the value that it waits for, which may never come.
*/
export const endable = <Value>(
	start: (signal: AbortSignal) => AsyncGenerator<Value, void>,
	signal?: AbortSignal,
): AsyncIterable<Value> => ({
	[Symbol.asyncIterator]() {
		const leaving = new AbortController();
		const values = start(signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal);
		return {
			next: async () => values.next(),
			async return() {
				leaving.abort();
				return values.return();
			},
		};
	},
});

/** The bytes of a response; its failure becomes a `HolmError`. */
export const readBytes = (client: Client, response: IncomingMessage): Readable => {
	const stream = new PassThrough();
	response.once('error', error => {
		stream.destroy(connectionError(error, client.address));
	});
	stream.once('close', () => {
		response.destroy();
	});
	return response.pipe(stream);
};
