import {Buffer} from 'node:buffer';

/**
Framed standard input between Holm's client and server: each piece is preceded by its length, four bytes in big-endian order; an empty piece is end of file.

In Docker's API, end of file is a half-close. On a unix socket the server cannot tell it from a disconnect, so that detaching would send the process end of file.
*/
export const stdinHeader = 'holm-stdin';
export const stdinFramed = 'framed';

const headerLength = 4;

export const encodeStdin = (bytes: Uint8Array): Buffer => {
	const frame = Buffer.allocUnsafe(headerLength + bytes.length);
	frame.writeUInt32BE(bytes.length, 0);
	frame.set(bytes, headerLength);
	return frame;
};

/** Decodes framed input; an empty piece is end of file. */
export const createStdinDecoder = (): ((chunk: Uint8Array) => Uint8Array[]) => {
	const header = Buffer.alloc(headerLength);
	let filled = 0;
	let left = 0;
	return chunk => {
		const pieces: Uint8Array[] = [];
		let offset = 0;
		while (offset < chunk.length) {
			if (left === 0) {
				const part = chunk.subarray(offset, offset + headerLength - filled);
				header.set(part, filled);
				filled += part.length;
				offset += part.length;
				if (filled < headerLength) {
					break;
				}

				filled = 0;
				left = header.readUInt32BE(0);
				if (left === 0) {
					pieces.push(new Uint8Array());
				}

				continue;
			}

			const bytes = chunk.subarray(offset, offset + left);
			pieces.push(bytes);
			offset += bytes.length;
			left -= bytes.length;
		}

		return pieces;
	};
};
