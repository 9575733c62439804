import {Buffer} from 'node:buffer';
import type {ServerHttp2Stream} from 'node:http2';
import type {Duplex} from 'node:stream';

/** Limit for a request of BuildKit's, which names a host or a secret. */
const maximumRequestBytes = 64 * 1024;

/** Codes of gRPC. */
export const grpcStatus = {ok: 0, invalidArgument: 3, notFound: 5, unimplemented: 12, unavailable: 14} as const;

/** The answer to a call, or why there is none. */
export type UnaryAnswer = Uint8Array | 'not-found';

/** The methods that are served, by path such as `/package.Service/Method`. */
export type UnaryMethods = ReadonlyMap<string, (request: Uint8Array) => UnaryAnswer>;

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

/**
Serves calls of gRPC with one request and one answer on a connection whose other side is the client. The protocol is that of gRPC's `PROTOCOL-HTTP2.md`. Streams of messages and compression are not supported; what is not served is answered so.

Returns a function that ends the connection.
*/
export const serveUnary = (connection: Duplex, methods: UnaryMethods): () => void => {
	const http2 = process.getBuiltinModule('node:http2');
	const session = http2.performServerHandshake(connection);
	session.on('error', () => undefined);
	session.on('stream', (stream, headers) => {
		const method = methods.get(headers[':path'] ?? '');
		const chunks: Uint8Array[] = [];
		let length = 0;
		stream.on('error', () => undefined);
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
			let result: UnaryAnswer;
			try {
				result = method(Buffer.concat(chunks).subarray(headerLength));
			} catch {
				answer(stream, grpcStatus.invalidArgument);
				return;
			}

			if (result === 'not-found') {
				answer(stream, grpcStatus.notFound);
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
			'grpc-message': encodeURIComponent(message.toWellFormed()).replaceAll('%20', ' '),
		}, {endStream: true});
	});
};
