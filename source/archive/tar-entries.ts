import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {extract, type Extract} from 'tar-stream';
import {decompress} from './decompress.js';

/** An entry with its content. */
export type TarEntry = Extract extends AsyncIterable<infer Item> ? Item : never;

const blockSize = 512;

/**
The entries of a tar, plain or compressed with gzip or zstd. Each is read or resumed before the next.

The tar may end right after its last entry: Docker's client adds a Dockerfile to a build context without padding it or ending the tar. Throws for a tar that ends within an entry.

@yields Entries as tar-stream has them.
*/
export async function * tarEntries(tar: Readable): AsyncGenerator<TarEntry, void> {
	let received = 0;
	let end = 0;
	async function * padded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
		for await (const chunk of source) {
			received += chunk.length;
			yield chunk;
		}

		yield Buffer.alloc((blockSize - (received % blockSize)) % blockSize);
	}

	const entries = extract();
	const reading = pipeline(tar, decompress(), padded, entries);
	// The loop below fails, too.
	reading.catch(() => undefined);
	for await (const entry of entries) {
		end = entry.offset + blockSize + (entry.header.type === 'directory' ? 0 : entry.header.size);
		yield entry;
		entry.resume();
	}

	await reading;
	const isPadded = received % blockSize !== 0;
	if (isPadded && !(received >= end && received - end < blockSize)) {
		throw new Error('Unexpected end of data');
	}
}
