import {Buffer} from 'node:buffer';
import path from 'node:path';
import {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {readByteLines} from '../../wire/lines.js';

/** A piece of a layer's tar: bytes as they are, or the content of a file. The name is bytes in latin1. */
export type Piece = {readonly bytes: Uint8Array} | {readonly name: string; readonly size: number};

/** A line has the headers before a file, or the padding at the end. */
const longestLine = 16 * 1024 * 1024;

/** About half a million files. */
const maximumText = 1024 ** 3;

/** Bytes of all names. */
const maximumNames = 32 * 1024 * 1024;

const tooLong = () => new Error('the list of a layer\'s files is too long');

type Line = {
	readonly type?: unknown;
	readonly name?: unknown;
	readonly name_raw?: unknown;
	readonly size?: unknown;
	readonly payload?: unknown;
} | null;

const nameOf = ({name, name_raw: raw}: NonNullable<Line>): string => {
	const bytes = typeof raw === 'string' ? Buffer.from(raw, 'base64') : Buffer.from(typeof name === 'string' ? name : '');
	// An absolute path first, so that nothing leads out of the layer's directory.
	const found = path.posix.join('/', bytes.toString('latin1')).slice(1);
	if (found === '' || found.endsWith('/') || found.includes('\0')) {
		throw new Error('a layer has a file without a name');
	}

	return found;
};

const parseLine = (text: string): Piece | undefined => {
	const line = JSON.parse(text) as Line;
	if (line?.type === 2 && typeof line.payload === 'string') {
		return {bytes: Buffer.from(line.payload, 'base64')};
	}

	const bytes = line?.size ?? 0;
	if (line?.type !== 1 || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
		throw new Error('the list of a layer\'s files is not in the format of tar-split');
	}

	return bytes > 0 ? {name: nameOf(line), size: bytes} : undefined;
};

/**
Reads what Docker keeps of a layer's tar beside the content of its files, so that it can make the same tar again: the format of github.com/vbatts/tar-split, compressed. It comes from a machine that is not trusted.

@yields The pieces of the tar in their order.
*/
export async function * piecesOf(compressed: Uint8Array): AsyncGenerator<Piece, void> {
	const text = Readable.from([compressed]).pipe(createGunzip()) as AsyncIterable<Uint8Array>;
	let total = 0;
	for await (const line of readByteLines(text, longestLine, tooLong)) {
		total += line.length + 1;
		if (total > maximumText) {
			throw tooLong();
		}

		const piece = line.length === 0 ? undefined : parseLine(line.toString());
		if (piece) {
			yield piece;
		}
	}
}

/** Bytes of the tar, and the files whose content it needs, in their order. */
export type Outline = {readonly bytes: number; readonly names: readonly string[]};

export const outlineOf = async (compressed: Uint8Array): Promise<Outline> => {
	const names: string[] = [];
	let bytes = 0;
	let nameBytes = 0;
	for await (const piece of piecesOf(compressed)) {
		if ('bytes' in piece) {
			bytes += piece.bytes.length;
			continue;
		}

		bytes += piece.size;
		nameBytes += piece.name.length;
		names.push(piece.name);
		if (nameBytes > maximumNames || !Number.isSafeInteger(bytes)) {
			throw new Error('a layer has too many files');
		}
	}

	return {bytes, names};
};

/** Takes exact numbers of bytes from a stream. */
export type ByteReader = {
	readonly take: (count: number) => AsyncIterable<Uint8Array>;
	/** Reads the end of the stream. Throws if there is more before it. */
	readonly end: () => Promise<void>;
};

export const byteReader = (source: AsyncIterable<Uint8Array>): ByteReader => {
	const chunks = source[Symbol.asyncIterator]();
	let rest: Uint8Array = new Uint8Array(0);
	return {
		async * take(count) {
			for (let left = count; left > 0;) {
				if (rest.length === 0) {
					const next = await chunks.next();
					if (next.done) {
						throw new Error('the builder sent too little of a layer');
					}

					rest = next.value;
				}

				const taken = rest.subarray(0, left);
				rest = rest.subarray(taken.length);
				left -= taken.length;
				yield taken;
			}
		},
		async end() {
			const next = rest.length > 0 ? undefined : await chunks.next();
			if (!next?.done) {
				throw new Error('the builder sent too much of a layer');
			}
		},
	};
};

/**
Joins a layer's tar from its pieces and the content of its files.

@yields Its bytes.
*/
export async function * joinPieces(compressed: Uint8Array, content: ByteReader): AsyncGenerator<Uint8Array, void> {
	for await (const piece of piecesOf(compressed)) {
		if ('bytes' in piece) {
			yield piece.bytes;
		} else {
			yield * content.take(piece.size);
		}
	}
}
