import {Buffer} from 'node:buffer';
import type {IncomingMessage, Server, ServerOptions, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {Engine} from '../engine/engine.js';
import {HolmError} from '../engine/errors.js';
import {encodeError} from '../wire/encode/progress.js';
import {createServing} from './serve-request.js';
import {isHijackRoute} from './session-routes.js';

const http = process.getBuiltinModule('node:http');

export type ApiServerOptions = {
	/** Maximum size of a JSON body in bytes; default 4 MiB. Streams such as a build context have no limit. */
	readonly maximumBodyBytes?: number;
	/**
	Milliseconds that a client may take for the head of a request, for a JSON body, and to close a finished connection; default 20 seconds. A client that only listens is probed at this interval.
	*/
	readonly patienceMilliseconds?: number;
};

/** Responds with an error before there is an exchange, or if the request is not HTTP. */
const refuse = (socket: Socket, status: number, error: unknown) => {
	const body = JSON.stringify(encodeError(error));
	socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
};

const statuses: Readonly<Record<string, number>> = {ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431};

/**
Creates an HTTP server that serves an engine as Docker's Engine API. `listenOn` adds listeners.

`closeAllConnections` also closes the sessions of attach and exec; their processes keep running.
*/
export const createApiServer = (
	engine: Engine,
	{maximumBodyBytes = 4 * 1024 * 1024, patienceMilliseconds = 20_000}: ApiServerOptions = {},
): Server => {
	/** Connections with a requested session that has not started yet. */
	const awaited = new WeakSet<Socket>();
	/** Connections that Node's server no longer tracks. */
	const detached = new Set<Duplex>();
	const detach = (socket: Duplex) => {
		detached.add(socket);
		socket.once('close', () => {
			detached.delete(socket);
		});
	};

	const serve = createServing(engine, {maximumBodyBytes, patienceMilliseconds, onSession: detach});

	const onRequest = (request: IncomingMessage, response: ServerResponse) => {
		const {socket} = request;
		if (awaited.has(socket)) {
			// Bytes that arrive before the session starts are input for the process, never another request.
			socket.destroy();
			return;
		}

		if (isHijackRoute(request)) {
			awaited.add(socket);
			response.once('finish', () => {
				awaited.delete(socket);
			});
		}

		void serve(request, response);
	};

	const server = http.createServer({
		headersTimeout: patienceMilliseconds,
		// No limit on uploads; JSON bodies have their own.
		requestTimeout: 0,
		connectionsCheckingInterval: Math.max(50, Math.min(5000, patienceMilliseconds / 4)),
		keepAliveTimeout: 30_000,
		maxHeaderSize: 64 * 1024,
		// Node before 24.9 ignores this and emits `upgrade` for every upgrade request.
		shouldUpgradeCallback: (request: IncomingMessage) => isHijackRoute(request),
	} as ServerOptions, onRequest);

	server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
		detach(socket);
		socket.on('error', () => undefined);
		if (head.length > 0) {
			socket.unshift(head);
		}

		const response = new http.ServerResponse(request);
		response.shouldKeepAlive = false;
		// Node 26 passes a stream on top of the socket if the request has a body.
		response.assignSocket(socket as Socket);
		response.once('finish', () => {
			response.detachSocket(socket as Socket);
			socket.end();
			socket.resume();
		});
		void serve(request, response, socket);
	});

	server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
		if (!socket.writable || error.code === 'ECONNRESET' || awaited.has(socket)) {
			socket.destroy();
			return;
		}

		const status = statuses[error.code ?? ''] ?? 400;
		refuse(socket, status, new HolmError('invalid', status === 400 ? 'the request is not HTTP' : http.STATUS_CODES[status]!));
	});

	const closeAllConnections = server.closeAllConnections.bind(server);
	server.closeAllConnections = () => {
		closeAllConnections();
		for (const socket of detached) {
			socket.destroy();
		}
	};

	return server;
};
