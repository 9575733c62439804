import {Buffer} from 'node:buffer';
import {pipeline} from 'node:stream/promises';
import {createGunzip, createZstdDecompress} from 'node:zlib';
import {HolmError} from '../engine/errors.js';

const magics = [
	{name: 'gzip', bytes: [0x1F, 0x8B], open: createGunzip},
	{name: 'zstd', bytes: [0x28, 0xB5, 0x2F, 0xFD], open: createZstdDecompress},
	{name: 'bzip2', bytes: [0x42, 0x5A, 0x68], open: undefined},
	{name: 'xz', bytes: [0xFD, 0x37, 0x7A, 0x58], open: undefined},
] as const;

/**
Joins the first chunks of a stream until there are enough bytes to detect the compression.

@yields The same bytes.
*/
async function * fromFirstBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	let start = Buffer.alloc(0);
	for await (const chunk of source) {
		if (start.length >= 4) {
			yield chunk;
			continue;
		}

		start = Buffer.concat([start, chunk]);
		if (start.length >= 4) {
			yield start;
		}
	}

	if (start.length > 0 && start.length < 4) {
		yield start;
	}
}

async function * plain(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	const chunks = fromFirstBytes(source)[Symbol.asyncIterator]();
	const first = await chunks.next();
	if (first.done) {
		return;
	}

	async function * whole() {
		yield first.value as Uint8Array;
		yield * {[Symbol.asyncIterator]: () => chunks};
	}

	const magic = magics.find(({bytes}) => bytes.every((byte, index) => (first.value)[index] === byte));
	if (!magic) {
		yield * whole();
		return;
	}

	if (!magic.open) {
		throw new HolmError('unsupported', `Tars compressed with ${magic.name} are not supported`, {remedy: 'decompress it first, or use gzip or zstd'});
	}

	const decompressor = magic.open();
	// Failures appear when the decompressor is read.
	pipeline(whole(), decompressor).catch(() => undefined);
	yield * decompressor as AsyncIterable<Uint8Array>;
}

/** A pipeline stage that decompresses a tar: plain, gzip or zstd. */
export const decompress = (): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void> => plain;
