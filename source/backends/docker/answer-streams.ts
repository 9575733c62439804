import {Buffer} from 'node:buffer';
import type {IncomingMessage} from 'node:http';
import {PassThrough, type Readable} from 'node:stream';
import {parseJson} from '../../wire/json.js';
import {HolmError} from '../../engine/errors.js';
import type {Client} from './client.js';
import {connectionError} from './failures.js';

/** Far above the longest line of any engine. */
const maximumLineBytes = 16 * 1024 * 1024;

/**
The JSON values of a response, one per line, until it ends or `signal` aborts.

@yields Each value as it comes.
*/
export async function * readLines(client: Client, response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<unknown, void> {
	let rest: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const chunk of response as AsyncIterable<Buffer>) {
			let start = 0;
			for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
				const text = Buffer.concat([...rest, chunk.subarray(start, end)]).toString().trim();
				rest = [];
				length = 0;
				start = end + 1;
				if (text !== '') {
					yield parseJson(text, 'the engine\'s answer');
				}
			}

			rest.push(chunk.subarray(start));
			length += chunk.length - start;
			if (length > maximumLineBytes) {
				throw new HolmError('internal', `the engine sent a line of more than ${maximumLineBytes} bytes`);
			}
		}
	} catch (error) {
		if (signal?.aborted) {
			return;
		}

		throw connectionError(error, client.address);
	}

	const text = Buffer.concat(rest).toString().trim();
	if (text !== '') {
		yield parseJson(text, 'the engine\'s answer');
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
