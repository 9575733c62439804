import {Buffer} from 'node:buffer';
import {HolmError} from '../engine/errors.js';

/** The stream of a frame; `error` carries the engine's reason for ending the stream. */
export type FrameStream = 'stdout' | 'stderr' | 'error';

const numbers: Readonly<Record<FrameStream, number>> = {stdout: 1, stderr: 2, error: 3};
/** Docker's number 0 is standard input; its clients print it on standard output. */
const streams: ReadonlyArray<FrameStream | undefined> = ['stdout', 'stdout', 'stderr', 'error'];

const headerLength = 8;

/** One frame of a multiplexed stream: the stream's number, three zeros, the length in big-endian order, the bytes. */
export const encodeFrame = (stream: FrameStream, bytes: Uint8Array): Buffer => {
	const frame = Buffer.allocUnsafe(headerLength + bytes.length);
	frame.writeUInt32BE(numbers[stream] * 0x1_00_00_00, 0);
	frame.writeUInt32BE(bytes.length, 4);
	frame.set(bytes, headerLength);
	return frame;
};

export type FramePiece = {
	readonly stream: FrameStream;
	readonly bytes: Uint8Array;
	/** The frame's last piece. */
	readonly isLast: boolean;
};

/** Decodes a multiplexed stream. Frames are passed on in pieces as they arrive: their length, set by the other side, costs no memory. */
export const createFrameDecoder = (): ((chunk: Uint8Array) => FramePiece[]) => {
	const header = Buffer.alloc(headerLength);
	let filled = 0;
	let left = 0;
	let stream: FrameStream = 'stdout';
	return chunk => {
		const pieces: FramePiece[] = [];
		let offset = 0;
		while (offset < chunk.length) {
			if (filled < headerLength) {
				const part = chunk.subarray(offset, offset + headerLength - filled);
				header.set(part, filled);
				filled += part.length;
				offset += part.length;
				if (filled < headerLength) {
					break;
				}

				const known = streams[header[0]!];
				if (!known) {
					throw new HolmError('internal', `the engine sent a frame of the unknown stream ${header[0]}`);
				}

				stream = known;
				left = header.readUInt32BE(4);
			}

			const bytes = chunk.subarray(offset, offset + left);
			offset += bytes.length;
			left -= bytes.length;
			if (bytes.length > 0) {
				pieces.push({stream, bytes, isLast: left === 0});
			}

			if (left === 0) {
				filled = 0;
			}
		}

		return pieces;
	};
};
