import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {Engine} from '../engine/engine.js';
import {HolmError} from '../engine/errors.js';
import {apiVersion} from '../engine/api-version.js';
import {splitVersion} from '../wire/versions.js';
import {assertNoBrowser} from './access.js';
import {isHolms, sendAnswer, sendError} from './answers.js';
import {clientNameOf} from './client-name.js';
import {BodyTooLarge, readBody, readUpgradeBody} from './body.js';
import {createExecNotes} from './exec-notes.js';
import type {Exchange} from './exchange.js';
import {createFailedStarts} from './failed-starts.js';
import {createQuery} from './query.js';
import {findRoute} from './router.js';

export type ServingOptions = {
	readonly maximumBodyBytes: number;
	readonly patienceMilliseconds: number;
	/** Called when a connection becomes a session. */
	readonly onSession: (socket: Duplex) => void;
};

/** Answers one request; `upgraded` is the connection of an upgrade request, which Node no longer manages. */
export type ServeRequest = (request: IncomingMessage, response: ServerResponse, upgraded?: Duplex) => Promise<void>;

/** Milliseconds for a refused client, which may still be sending, to read the response. */
const drainMilliseconds = 5000;

/** Drains the request after the response, so that the client reads it and the connection can be reused. */
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

const urlOf = ({url = ''}: IncomingMessage): URL => {
	try {
		// Only the path; the Host header has been checked.
		return new URL(`http://engine${url}`);
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

/** The `Server` header of every response, read from the engine once. */
const createServerName = (engine: Engine): (() => Promise<string>) => {
	let asked: Promise<string> | undefined;
	const ask = async () => {
		try {
			const {version, os} = await engine.version();
			return `Holm/${version} (${os})`.replaceAll(/[^\u{20}-\u{7E}]/gv, '');
		} catch {
			asked = undefined;
			return 'Holm/0 (linux)';
		}
	};

	return async () => {
		asked ??= ask();
		return asked;
	};
};

export const createServing = (engine: Engine, {maximumBodyBytes, patienceMilliseconds, onSession}: ServingOptions): ServeRequest => {
	const limits = {bytes: maximumBodyBytes, milliseconds: patienceMilliseconds};
	const serverName = createServerName(engine);
	const failedStarts = createFailedStarts();
	const execNotes = createExecNotes();

	return async (request, response, upgraded) => {
		const leaving = new AbortController();
		let isSession = false;
		// Node before 26 leaves the body of an upgrade request on the connection and treats the request as complete without it.
		const hasLeftBody = request.complete && request.readableLength === 0;
		response.once('close', () => {
			if (!response.writableFinished) {
				leaving.abort();
			}
		});
		response.on('error', () => undefined);
		request.on('error', () => undefined);

		const exchangeOf = (name: string, minorVersion: number, url: URL): Exchange => ({
			engine,
			request,
			response,
			name,
			query: createQuery(url.searchParams),
			minorVersion,
			clientName: clientNameOf(request),
			isHolm: isHolms(request),
			isUpgrade: upgraded !== undefined,
			signal: leaving.signal,
			failedStarts,
			execNotes,
			patienceMilliseconds,
			body: async () => upgraded && hasLeftBody ? readUpgradeBody(request, upgraded, limits) : readBody(request, limits),
			takeOver() {
				isSession = true;
				const {socket} = request;
				socket.setTimeout(0);
				socket.setNoDelay(true);
				if (upgraded) {
					// The declared type is too narrow: this may be a stream on top of the socket.
					response.detachSocket(upgraded as Socket);
					onSession(upgraded);
					return upgraded;
				}

				// Node's parser stops when there is another `data` listener.
				socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
				onSession(socket);
				return socket;
			},
		});

		try {
			response.setHeader('Server', await serverName());
			response.setHeader('Api-Version', apiVersion);
			response.setHeader('Docker-Experimental', 'false');
			response.setHeader('Ostype', 'linux');
			assertNoBrowser(request);
			const url = urlOf(request);
			const {minorVersion, path} = splitVersion(decodePath(url.pathname));
			const found = findRoute(request.method ?? '', path);
			const answer = found ? await found.handle(exchangeOf(found.name, minorVersion, url)) : pageNotFound;
			if (answer) {
				sendAnswer(response, answer);
			}
		} catch (error) {
			if (!isSession) {
				sendError(response, error, error instanceof BodyTooLarge ? 413 : undefined);
			}
		} finally {
			drain(request);
		}
	};
};
