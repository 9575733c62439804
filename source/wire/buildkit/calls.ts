import {Buffer} from 'node:buffer';
import type {IncomingHttpHeaders, ServerHttp2Stream} from 'node:http2';
import type {Duplex} from 'node:stream';
import {messageOf} from '../../engine/errors.js';
import {splitByLength} from '../split-by-length.js';
import {writeSlowly} from '../write-slowly.js';

/** Limit for a request of BuildKit's, which names a host or a secret. */
const maximumRequestBytes = 64 * 1024;

/** Limit for a message of a stream, that of gRPC's own servers. */
const maximumMessageBytes = 4 * 1024 * 1024;

/** What the other side may send of a stream before it is read. */
const windowBytes = 1024 * 1024;

/** Codes of gRPC. */
export const grpcStatus = {
	ok: 0, unknown: 2, invalidArgument: 3, notFound: 5, unimplemented: 12, unavailable: 14,
} as const;

/** The answer to a call, or why there is none. */
export type UnaryAnswer = Uint8Array | 'not-found' | 'unimplemented';

/** A call with messages in both directions. */
export type StreamCall = {
	readonly headers: IncomingHttpHeaders;
	/** The messages of the client. */
	readonly messages: AsyncIterable<Uint8Array>;
	/** Resolves when the next one may be sent. */
	readonly send: (message: Uint8Array) => Promise<void>;
};

/** The methods that are served, by path such as `/package.Service/Method`. */
export type Methods = {
	/** With one request and one answer. */
	readonly unary: ReadonlyMap<string, (request: Uint8Array) => UnaryAnswer>;
	/** The call ends when the promise is settled. */
	readonly streams: ReadonlyMap<string, (call: StreamCall) => Promise<void>>;
};

/** A message is preceded by a byte that says whether it is compressed, and its length. */
const headerLength = 5;

const frame = (message: Uint8Array): Uint8Array => {
	const framed = new Uint8Array(headerLength + message.length);
	new DataView(framed.buffer).setUint32(1, message.length);
	framed.set(message, headerLength);
	return framed;
};

const answer = (stream: ServerHttp2Stream, status: number, message?: Uint8Array) => {
	stream.on('wantTrailers', () => {
		stream.sendTrailers({'grpc-status': String(status)});
	});
	stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
	stream.end(message && frame(message));
};

const encodeText = (text: string) => encodeURIComponent(text.toWellFormed()).replaceAll('%20', ' ');

/**
Splits the bytes of a stream into messages.

@yields Messages without their headers. Throws for one that is compressed, too long or not complete.
*/
export async function * splitMessages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	const left = yield * splitByLength(bytes, headerLength, header => {
		const length = header.readUInt32BE(1);
		if (header[0] !== 0 || length > maximumMessageBytes) {
			throw new Error('a message is compressed or too long');
		}

		return length;
	});
	if (left > 0) {
		throw new Error('a message is not complete');
	}
}

type StreamMethod = (call: StreamCall) => Promise<void>;

const serveStream = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: StreamMethod): Promise<void> => {
	let trailers: Readonly<Record<string, string>> = {'grpc-status': String(grpcStatus.ok)};
	stream.on('wantTrailers', () => {
		stream.sendTrailers(trailers);
	});
	stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
	try {
		await method({
			headers,
			messages: splitMessages(stream),
			send: async message => writeSlowly(stream, frame(message)),
		});
	} catch (error) {
		trailers = {'grpc-status': String(grpcStatus.unknown), 'grpc-message': encodeText(messageOf(error))};
	}

	stream.end();
};

/**
Serves calls of gRPC on a connection whose other side is the client. The protocol is that of gRPC's `PROTOCOL-HTTP2.md`, without compression; what is not served is answered so.

Returns a function that ends the connection.
*/
export const serveCalls = (connection: Duplex, {unary, streams}: Methods): () => void => {
	const http2 = process.getBuiltinModule('node:http2');
	const session = http2.performServerHandshake(connection, {settings: {initialWindowSize: windowBytes}});
	session.on('error', () => undefined);
	session.once('remoteSettings', () => {
		session.setLocalWindowSize(windowBytes);
	});
	session.on('stream', (stream, headers) => {
		const path = headers[':path'] ?? '';
		const method = unary.get(path);
		const streaming = streams.get(path);
		const chunks: Uint8Array[] = [];
		let length = 0;
		stream.on('error', () => undefined);
		if (streaming) {
			void serveStream(stream, headers, streaming);
			return;
		}

		if (!method) {
			stream.resume();
			answer(stream, grpcStatus.unimplemented);
			return;
		}

		stream.on('data', (chunk: Uint8Array) => {
			length += chunk.length;
			if (length > maximumRequestBytes) {
				stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
				return;
			}

			chunks.push(chunk);
		});
		stream.on('end', () => {
			// A call that the other side has cancelled ends too.
			if (stream.destroyed || stream.closed) {
				return;
			}

			let result: UnaryAnswer;
			try {
				result = method(Buffer.concat(chunks).subarray(headerLength));
			} catch {
				answer(stream, grpcStatus.invalidArgument);
				return;
			}

			if (result === 'not-found') {
				answer(stream, grpcStatus.notFound);
			} else if (result === 'unimplemented') {
				answer(stream, grpcStatus.unimplemented);
			} else {
				answer(stream, grpcStatus.ok, result);
			}
		});
	});
	return () => {
		// Node reads what came with the upgrade in the next tick, and throws if the session was destroyed before.
		setImmediate(() => {
			session.destroy();
			connection.destroy();
		});
	};
};

/** Answers each call on a connection whose other side is the client with `unavailable` and the message. Ends the connection when the client does, or after `idleLimitMs` without a call. */
export const refuseCalls = (connection: Duplex, message: string, idleLimitMs: number): void => {
	const http2 = process.getBuiltinModule('node:http2');
	const session = http2.performServerHandshake(connection);
	session.on('error', () => undefined);
	const end = () => {
		session.destroy();
		connection.destroy();
	};

	session.setTimeout(idleLimitMs, end);
	session.on('goaway', end);
	connection.on('end', end);
	session.on('stream', stream => {
		stream.on('error', () => undefined);
		stream.resume();
		stream.respond({
			':status': 200,
			'content-type': 'application/grpc',
			'grpc-status': String(grpcStatus.unavailable),
			'grpc-message': encodeText(message),
		}, {endStream: true});
	});
};
