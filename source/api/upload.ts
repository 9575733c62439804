import {PassThrough, type Readable} from 'node:stream';
import {HolmError} from '../engine/errors.js';
import type {Exchange} from './exchange.js';

/**
The body of a request as a stream that may be destroyed.

Destroying the request itself would close the connection, before the error response.
*/
export const upload = ({request}: Exchange): Readable => {
	const stream = new PassThrough();
	request.pipe(stream);
	const breakOff = (error?: Error) => {
		if (!request.complete) {
			stream.destroy(new HolmError('invalid', 'the client disconnected before it had sent the whole body', {cause: error}));
		}
	};

	request.once('error', breakOff);
	request.once('close', breakOff);
	// Without a listener, an early error would crash the process.
	stream.on('error', () => undefined);
	return stream;
};

const isGzip = (chunk: Uint8Array) => chunk[0] === 0x1F && chunk[1] === 0x8B;

/** The body of a request as a tar; decompresses gzip. */
export const tarUpload = async (exchange: Exchange): Promise<Readable> => {
	const stream = upload(exchange);
	const first = await new Promise<Uint8Array | null>((resolve, reject) => {
		stream.once('readable', () => {
			resolve(stream.read() as Uint8Array | null);
		});
		stream.once('error', reject);
	});
	if (first) {
		stream.unshift(first);
	}

	if (!first || !isGzip(first)) {
		return stream;
	}

	const {createGunzip} = await import('node:zlib');
	const gunzip = createGunzip();
	const tar = new PassThrough();
	// Not `pipeline`: it regards its last stream as done once everything is written, and truncated gzip shows only after that.
	stream.once('error', error => {
		gunzip.destroy(error);
	});
	gunzip.on('error', error => {
		tar.destroy(error instanceof HolmError ? error : new HolmError('invalid', `the body is not whole gzip: ${error.message}`, {cause: error}));
	});
	tar.once('close', () => {
		gunzip.destroy();
		stream.destroy();
	});
	tar.on('error', () => undefined);
	stream.pipe(gunzip);
	return gunzip.pipe(tar);
};
