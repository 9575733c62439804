import {once} from 'node:events';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {writeSlowly} from '../wire/write-slowly.js';
import type {Exchange} from './exchange.js';

/**
The values of an iterable until `signal` aborts, even if the iterable ignores the signal.

@yields What the iterable yields.
*/
export async function * untilAborted<Value>(iterable: AsyncIterable<Value>, signal: AbortSignal): AsyncGenerator<Value, void> {
	const iterator = iterable[Symbol.asyncIterator]();
	let leave: ((result: undefined) => void) | undefined;
	const onAbort = () => {
		leave?.(undefined);
	};

	signal.addEventListener('abort', onAbort, {once: true});
	try {
		while (!signal.aborted) {
			// Not `Promise.race`: a promise raced repeatedly retains every loser.
			const result = await new Promise<IteratorResult<Value> | undefined>((resolve, reject) => {
				leave = resolve;
				iterator.next().then(resolve, reject);
			});
			if (result === undefined || result.done) {
				return;
			}

			yield result.value;
		}
	} finally {
		signal.removeEventListener('abort', onAbort);
		// Not awaited: a generator that is waiting handles `return` only afterwards.
		iterator.return?.().catch(() => undefined);
	}
}

export type SendOptions<Value> = {
	readonly contentType: string;
	readonly encode: (value: Value) => Uint8Array | string;
	/** Sends the response head before the first value. */
	readonly isImmediate?: boolean;
	/** A failure before the first value is sent like a later one, with the status of a success. */
	readonly isAlwaysSuccessful?: boolean;
	/** Encodes a failure after the head was sent; without it the response is aborted. */
	readonly encodeError?: (error: unknown) => Uint8Array | string;
};

/** Streams the values of an iterable as the response. Throws if the iterable fails before its first value, so that the response gets the error's status. */
export const sendValues = async <Value>(
	{response, signal}: Exchange,
	iterable: AsyncIterable<Value>,
	options: SendOptions<Value>,
): Promise<undefined> => {
	const begin = () => {
		if (!response.headersSent) {
			response.setHeader('Content-Type', options.contentType);
			response.flushHeaders();
		}
	};

	if (options.isImmediate) {
		begin();
	}

	try {
		for await (const value of untilAborted(iterable, signal)) {
			begin();
			await writeSlowly(response, options.encode(value));
		}
	} catch (error) {
		if (options.isAlwaysSuccessful) {
			begin();
		}

		if (!response.headersSent || !options.encodeError) {
			throw error;
		}

		response.write(options.encodeError(error));
	}

	begin();
	response.end();
	return undefined;
};

/** A value as one line of JSON, with Docker's line ending. */
export const line = (json: unknown): string => `${JSON.stringify(json)}\r\n`;

/** Resolves when a stream is readable or has ended; throws its error, and when `signal` aborts. */
const begun = async (bytes: Readable, signal: AbortSignal): Promise<void> => {
	if (bytes.errored) {
		throw bytes.errored;
	}

	if (bytes.readableLength === 0 && !bytes.readableEnded) {
		await once(bytes, 'readable', {signal});
	}
};

/** Streams bytes as the response. Throws if the stream fails before its first byte, so that the response gets the error's status. */
export const sendBytes = async ({response, signal}: Exchange, bytes: Readable, contentType: string): Promise<undefined> => {
	try {
		await begun(bytes, signal);
		response.setHeader('Content-Type', contentType);
		await pipeline(bytes, response);
	} catch (error) {
		bytes.destroy();
		// A client that disconnects early is no failure.
		if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
			throw error;
		}
	}

	return undefined;
};
