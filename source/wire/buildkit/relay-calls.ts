import type {ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream} from 'node:http2';
import type {Duplex} from 'node:stream';
import {BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import {asHolmError} from '../../engine/errors.js';
import {
	answerCall,
	encodeText,
	grpcStatus,
	type UnaryAnswer,
} from './calls.js';

export type Relay = {
	/** Answers to calls that need no server, by path. */
	readonly answers: ReadonlyMap<string, UnaryAnswer>;
	/** Connects to the server of all other calls, at the first of them. */
	readonly open: () => Promise<Duplex>;
	/** Time without a call after which a connection without a server ends. */
	readonly idleLimitMs: number;
};

/** What BuildKit says of its worker, as long as it need not run to say more. */
export type Worker = {
	readonly os: string;
	readonly architecture: string;
	/** The address of `host-gateway` in the steps. */
	readonly hostGateway: string;
};

const pair = (key: string, value: string) => new BinaryWriter()
	.tag(1, WireType.LengthDelimited).string(key)
	.tag(2, WireType.LengthDelimited).string(value)
	.finish();

/** Answers for a BuildKit that does not run. Clients that only list builders ask for these; `Info` sends them to the engine's version. Source: moby/buildkit, api/services/control. */
export const restingAnswers = ({os, architecture, hostGateway}: Worker): Relay['answers'] => {
	const platform = new BinaryWriter()
		.tag(1, WireType.LengthDelimited).string(architecture)
		.tag(2, WireType.LengthDelimited).string(os)
		.finish();
	const record = new BinaryWriter()
		.tag(1, WireType.LengthDelimited).string('holm-builder')
		.tag(2, WireType.LengthDelimited).bytes(pair('org.mobyproject.buildkit.worker.moby.host-gateway-ip', hostGateway))
		.tag(3, WireType.LengthDelimited).bytes(platform)
		.finish();
	return new Map<string, UnaryAnswer>([
		['/moby.buildkit.v1.Control/ListWorkers', new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(record).finish()],
		['/moby.buildkit.v1.Control/Info', 'unimplemented'],
	]);
};

const refuse = (stream: ServerHttp2Stream, error: unknown) => {
	const {message, remedy} = asHolmError(error);
	stream.resume();
	stream.respond({
		':status': 200,
		'content-type': 'application/grpc',
		'grpc-status': String(grpcStatus.unavailable),
		'grpc-message': encodeText(remedy === undefined ? message : `${message} (${remedy})`),
	}, {endStream: true});
};

/** Joins a call of the client with one to the server, until either side ends it. */
const carryCall = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, server: ClientHttp2Session) => {
	const http2 = process.getBuiltinModule('node:http2');
	const call = server.request({...headers});
	let trailers: IncomingHttpHeaders = {};
	call.on('error', () => undefined);
	call.on('response', (head, flags) => {
		if (stream.destroyed) {
			return;
		}

		// An answer without a message has its status in its head.
		if (flags % (2 * http2.constants.NGHTTP2_FLAG_END_STREAM) === http2.constants.NGHTTP2_FLAG_END_STREAM) {
			stream.respond(head, {endStream: true});
			return;
		}

		stream.respond(head, {waitForTrailers: true});
		stream.on('wantTrailers', () => {
			stream.sendTrailers(trailers);
		});
		call.pipe(stream);
	});
	call.on('trailers', (last: IncomingHttpHeaders) => {
		trailers = last;
	});
	call.on('close', () => {
		if (!stream.headersSent || call.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
			stream.close(call.rstCode || http2.constants.NGHTTP2_INTERNAL_ERROR);
		}
	});
	stream.on('close', () => {
		call.close(stream.rstCode || http2.constants.NGHTTP2_CANCEL);
	});
	stream.pipe(call);
};

/**
Serves the calls of gRPC on a connection whose other side is the client: some here, the others by a server that is connected when it is needed. If it cannot be, its calls are answered with `unavailable` and the reason.
*/
export const relayCalls = (connection: Duplex, {answers, open, idleLimitMs}: Relay): void => {
	const http2 = process.getBuiltinModule('node:http2');
	const session = http2.performServerHandshake(connection);
	let server: Promise<ClientHttp2Session> | undefined;
	session.on('error', () => undefined);
	const end = () => {
		session.destroy();
		connection.destroy();
		void server?.then(opened => {
			opened.destroy();
		}, () => undefined);
	};

	const dial = async (): Promise<ClientHttp2Session> => {
		const socket = await open();
		const opened = http2.connect('http://builder', {createConnection: () => socket});
		opened.on('error', () => undefined);
		opened.on('close', () => {
			socket.destroy();
			end();
		});
		if (session.destroyed) {
			opened.destroy();
		}

		return opened;
	};

	session.setTimeout(idleLimitMs, () => {
		if (!server) {
			end();
		}
	});
	session.on('goaway', end);
	session.on('close', end);
	connection.on('end', end);
	session.on('stream', (stream, headers) => {
		stream.on('error', () => undefined);
		const known = answers.get(headers[':path'] ?? '');
		if (known !== undefined) {
			stream.resume();
			answerCall(stream, known);
			return;
		}

		server ??= dial();
		server.then(opened => {
			if (!stream.destroyed) {
				carryCall(stream, headers, opened);
			}
		}, (error: unknown) => {
			if (!stream.destroyed) {
				refuse(stream, error);
			}
		});
	});
};
