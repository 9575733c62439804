import {Buffer} from 'node:buffer';

/**
Standard input between Holm and Holm: every piece has its length before it, as four bytes in big-endian order, and a piece of no bytes is the end of file.

Docker's API has the end of the connection's one half for the end of file. On a unix socket that looks the same as a client that has gone, so that a process would get its end of file when somebody detaches.
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

/** Takes framed input apart; an empty piece is the end of file. */
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
