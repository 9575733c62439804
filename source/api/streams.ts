import {once} from 'node:events';
import {type Readable, type Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {Exchange} from './exchange.js';

/**
The values of an iterable until `signal` aborts, and then no more, even where the iterable itself does not listen.

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
			// Not `Promise.race`: a promise that is raced again and again keeps every loser.
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
		// A generator that waits for something takes its return only afterwards, so that nothing waits for it here.
		iterator.return?.().catch(() => undefined);
	}
}

/** Writes and, where the other side is slow, waits until it can take more or has gone. */
export const writeSlowly = async (target: Writable, chunk: Uint8Array | string): Promise<void> => {
	if (target.destroyed || target.write(chunk)) {
		return;
	}

	await new Promise<void>(resolve => {
		const onReady = () => {
			target.off('drain', onReady);
			target.off('close', onReady);
			resolve();
		};

		target.on('drain', onReady);
		target.on('close', onReady);
	});
};

export type SendOptions<Value> = {
	readonly contentType: string;
	readonly encode: (value: Value) => Uint8Array | string;
	/** Sends the head of the answer before there is a value. */
	readonly isImmediate?: boolean;
	/** What ends an answer whose iterable fails after its head was sent; without it the answer is broken off. */
	readonly encodeError?: (error: unknown) => Uint8Array | string;
};

/** Answers with the values of an iterable as they come. An iterable that fails before its first value makes this throw, so that the answer has the status of the error. */
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
		if (!response.headersSent || !options.encodeError) {
			throw error;
		}

		response.write(options.encodeError(error));
	}

	begin();
	response.end();
	return undefined;
};

/** A value as one line of JSON, as Docker ends them. */
export const line = (json: unknown): string => `${JSON.stringify(json)}\r\n`;

/** Resolves when a stream has something to read or has ended; throws what broke it off before, and when `signal` aborts. */
const begun = async (bytes: Readable, signal: AbortSignal): Promise<void> => {
	if (bytes.errored) {
		throw bytes.errored;
	}

	if (bytes.readableLength === 0 && !bytes.readableEnded) {
		await once(bytes, 'readable', {signal});
	}
};

/** Answers with a stream of bytes. One that breaks off before its first byte makes this throw, so that the answer has the status of the error. */
export const sendBytes = async ({response, signal}: Exchange, bytes: Readable, contentType: string): Promise<undefined> => {
	try {
		await begun(bytes, signal);
		response.setHeader('Content-Type', contentType);
		await pipeline(bytes, response);
	} catch (error) {
		bytes.destroy();
		// A client that has seen enough is no failure.
		if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
			throw error;
		}
	}

	return undefined;
};
