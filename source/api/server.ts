import {Buffer} from 'node:buffer';
import http, {type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {type Socket} from 'node:net';
import type {Engine} from '../engine.js';
import {HolmError} from '../errors.js';
import {sendAnswer, sendError} from './answers.js';
import {BodyTooLarge, readBody, readUpgradeBody, type BodyLimits} from './body.js';
import {encodeError} from './encode/progress.js';
import {holmMediaType, type Exchange} from './exchange.js';
import {createFailedStarts} from './failed-starts.js';
import {createQuery} from './query.js';
import {findRoute, isHijackRoute, type FoundRoute} from './router.js';
import {apiVersion, splitVersion} from './versions.js';

export type ApiServerOptions = {
	/** Largest body of JSON; default 4 MiB. Streams such as a build's context have no limit. */
	readonly maximumBodyBytes?: number;
	/** How long a client may take for the head of a request, and for a body of JSON; default 20 seconds. */
	readonly patienceMilliseconds?: number;
};

/** A client that was refused may still be sending; it gets this long to read why. */
const drainMilliseconds = 5000;

/** How an error is answered before there is an exchange, or when the request was no HTTP. */
const refuse = (socket: Socket, status: number, error: unknown) => {
	const body = JSON.stringify(encodeError(error));
	socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
};

/** Reads on for a while after an answer, so that the connection can be used again and the client reads its answer. */
const drain = (request: IncomingMessage) => {
	if (request.complete) {
		return;
	}

	request.unpipe();
	request.resume();
	const timer = setTimeout(() => {
		request.destroy();
	}, drainMilliseconds);
	timer.unref();
	request.once('close', () => {
		clearTimeout(timer);
	});
};

const pathOf = (request: IncomingMessage): URL => {
	try {
		// The path alone: what a client calls this host is nobody's concern.
		return new URL(`http://engine${request.url ?? ''}`);
	} catch (error) {
		throw new HolmError('invalid', 'the path of the request is malformed', {cause: error});
	}
};

const decodePath = (path: string): string => {
	try {
		return decodeURIComponent(path);
	} catch (error) {
		throw new HolmError('invalid', 'the path of the request is not percent-encoded UTF-8', {cause: error});
	}
};

const pageNotFound = {status: 404, json: {message: 'page not found', code: 'not-found'}};

/**
An HTTP server of the Docker Engine API over an engine, not yet listening.

`closeAllConnections` closes the sessions of attach and exec too; their processes go on.
*/
export const createApiServer = (engine: Engine, {maximumBodyBytes = 4 * 1024 * 1024, patienceMilliseconds = 20_000}: ApiServerOptions = {}): Server => {
	const limits: BodyLimits = {bytes: maximumBodyBytes, milliseconds: patienceMilliseconds};
	const taken = new WeakSet<Socket>();
	const sessions = new Set<Socket>();
	const failedStarts = createFailedStarts();
	let server_: Promise<string> | undefined;

	/** Asked for once: it goes with every answer. */
	const serverName = async (): Promise<string> => {
		server_ ??= (async () => {
			try {
				const {version, os} = await engine.version();
				return `Holm/${version} (${os})`.replaceAll(/[^\u{20}-\u{7E}]/gv, '');
			} catch {
				server_ = undefined;
				return 'Holm/0 (linux)';
			}
		})();
		return server_;
	};

	const keep = (socket: Socket): Socket => {
		sessions.add(socket);
		socket.setTimeout(0);
		socket.once('close', () => {
			sessions.delete(socket);
		});
		return socket;
	};

	const serve = async (request: IncomingMessage, response: ServerResponse, upgraded?: Socket) => {
		const leaving = new AbortController();
		response.once('close', () => {
			if (!response.writableFinished) {
				leaving.abort();
			}
		});
		response.on('error', () => undefined);
		request.on('error', () => undefined);
		try {
			response.setHeader('Server', await serverName());
			response.setHeader('Api-Version', apiVersion);
			response.setHeader('Docker-Experimental', 'false');
			response.setHeader('Ostype', 'linux');
			const url = pathOf(request);
			const {minorVersion, path} = splitVersion(decodePath(url.pathname));
			const found = findRoute(request.method ?? '', path);
			if (!found) {
				sendAnswer(response, pageNotFound);
				return;
			}

			const exchange: Exchange = {
				engine,
				request,
				response,
				name: found.name,
				query: createQuery(url.searchParams),
				minorVersion,
				isHolm: request.headers.accept?.includes(holmMediaType) ?? false,
				isUpgrade: upgraded !== undefined,
				signal: leaving.signal,
				failedStarts,
				body: async () => upgraded ? readUpgradeBody(request, upgraded, limits) : readBody(request, limits),
				takeOver() {
					if (upgraded) {
						response.detachSocket(upgraded);
						return keep(upgraded);
					}

					const {socket} = request;
					// Node's own parser stops when somebody else listens.
					socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
					return keep(socket);
				},
			};
			const answer = await found.handle(exchange);
			if (answer) {
				sendAnswer(response, answer);
			}
		} catch (error) {
			if (!sessions.has(request.socket)) {
				sendError(response, error, error instanceof BodyTooLarge ? 413 : undefined);
			}
		} finally {
			drain(request);
		}
	};

	const onRequest = (request: IncomingMessage, response: ServerResponse) => {
		const {socket} = request;
		if (taken.has(socket)) {
			// What a client sends before its session has begun is input for a process, and never another request.
			socket.destroy();
			return;
		}

		if (isHijackRoute(request)) {
			taken.add(socket);
			response.once('finish', () => {
				taken.delete(socket);
			});
		}

		void serve(request, response);
	};

	const server = http.createServer({
		headersTimeout: patienceMilliseconds,
		// The length of an upload is the client's; a body of JSON has its own limit.
		requestTimeout: 0,
		connectionsCheckingInterval: Math.max(50, Math.min(5000, patienceMilliseconds / 4)),
		keepAliveTimeout: 30_000,
		maxHeaderSize: 64 * 1024,
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: 30_000,
		// Node before 24.9 does not ask, and makes every upgrade an event.
		shouldUpgradeCallback: (request: IncomingMessage) => isHijackRoute(request),
	} as http.ServerOptions, onRequest);

	server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Uint8Array) => {
		if (head.length > 0) {
			socket.unshift(head);
		}

		socket.on('error', () => undefined);
		const response = new http.ServerResponse(request);
		response.shouldKeepAlive = false;
		response.assignSocket(socket);
		response.once('finish', () => {
			response.detachSocket(socket);
			socket.end();
			socket.resume();
		});
		void serve(request, response, socket);
	});

	server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
		if (!socket.writable || error.code === 'ECONNRESET' || taken.has(socket)) {
			socket.destroy();
			return;
		}

		const status = {ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431}[error.code ?? ''] ?? 400;
		refuse(socket, status, new HolmError('invalid', status === 400 ? 'the request is not HTTP' : http.STATUS_CODES[status]!));
	});

	const closeAllConnections = server.closeAllConnections.bind(server);
	server.closeAllConnections = () => {
		closeAllConnections();
		for (const socket of sessions) {
			socket.destroy();
		}
	};

	return server;
};
