import {Buffer} from 'node:buffer';
import type {Agent, ClientRequest, IncomingMessage, RequestOptions as HttpOptions} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex, Readable} from 'node:stream';
import {holmMediaType} from '../../wire/headers.js';
import {encodeQuery, type QueryValues} from '../../wire/encode/query.js';
import {parseJson} from '../../wire/json.js';
import {stdinFramed, stdinHeader} from '../../wire/stdin-frames.js';
import type {ReachableAddress} from '../../wire/addresses.js';
import {errorOf, readText} from './answers.js';
import {userAgent} from './user-agent.js';
import {cancelled, connectionError, SilentEngine} from './failures.js';

export type RequestOptions = {
	/** Undefined and false values are left out. */
	readonly query?: QueryValues;
	readonly headers?: Readonly<Record<string, string | string[]>>;
	readonly json?: unknown;
	/** Sent as `application/x-tar`; destroyed if the request fails. */
	readonly tar?: Readable;
	readonly signal?: AbortSignal;
	/** Message for an error response without a body, as those of HEAD and with status 304. */
	readonly otherwise?: string;
};

/** A connection that has become a session. */
export type Hijacked = {
	readonly socket: Socket;
	/** Output of the engine. */
	readonly source: Readable;
	readonly contentType: string;
	/** The engine accepts framed standard input. */
	readonly isFramed: boolean;
};

export type Client = {
	readonly address: ReachableAddress;
	/** Resolves with the response once its head has arrived; throws the engine's error. */
	send: (method: string, path: string, options?: RequestOptions) => Promise<IncomingMessage>;
	/** The JSON of the response; undefined if it is empty. */
	json: (method: string, path: string, options?: RequestOptions) => Promise<unknown>;
	/** Makes the connection one of `protocol`; default `tcp`, that of sessions. */
	hijack: (path: string, options?: RequestOptions, protocol?: string) => Promise<Hijacked>;
	/** Whether the engine is Holm's; sends a request if no response has told yet. */
	isHolm: () => Promise<boolean>;
	/** Whether `POST /build` may ask for BuildKit. */
	hasBuildKit: () => Promise<boolean>;
	/** Minor number of the API version that the engine serves on unversioned paths: 41 for 1.41. */
	minorVersion: () => Promise<number>;
};

const connectMilliseconds = 10_000;

const isError = ({statusCode = 500}: IncomingMessage) => statusCode >= 300;

/** A host that is down never refuses a connection; a local one is made at once or not at all. */
const limitConnecting = (request: ClientRequest) => {
	request.once('socket', socket => {
		if (!socket.connecting) {
			return;
		}

		const timer = setTimeout(() => {
			request.destroy(Object.assign(new Error('it does not answer'), {code: 'ETIMEDOUT'}));
		}, connectMilliseconds);
		const stop = () => {
			clearTimeout(timer);
		};

		socket.once('connect', stop).once('close', stop);
	});
};

const sendBody = (request: ClientRequest, {json, tar}: RequestOptions, fail: (error: unknown) => void) => {
	if (!tar) {
		request.end(json === undefined ? undefined : JSON.stringify(json));
		return;
	}

	const breakOff = (error: Error) => {
		fail(error);
		request.destroy(error);
	};

	if (tar.errored) {
		breakOff(tar.errored);
		return;
	}

	tar.once('error', breakOff);
	tar.pipe(request);
	request.once('close', () => {
		tar.destroy();
	});
};

const placeOf = (address: ReachableAddress): HttpOptions & {readonly servername?: string} => {
	if (address.kind === 'tcp') {
		return {host: address.host, port: address.port, ...address.tls};
	}

	// Without a name for TLS, Node's agent compiles a long pattern to see whether the host is an address.
	return {host: 'engine', servername: '', ...address.kind === 'unix' && {socketPath: address.path}};
};

/** Adapts `dial` to the callback of Node's HTTP agent. */
const connectionOf = (dial: () => Promise<Duplex>) => (
	_options: unknown,
	done: (error: Error | null, connection: Duplex) => void,
): undefined => {
	dial().then(connection => {
		done(null, connection);
	}, (error: unknown) => {
		done(error as Error, undefined as unknown as Duplex);
	});
};

/** Ends a request whose answer does not begin in time. */
const limitAnswer = (request: ClientRequest, milliseconds: number) => {
	request.once('socket', () => {
		const timer = setTimeout(() => {
			request.destroy(new SilentEngine(milliseconds));
		}, milliseconds);
		const stop = () => {
			clearTimeout(timer);
		};

		request.once('response', stop).once('close', stop);
	});
};

export type ClientOptions = {
	/** How long an engine on another host may take for its first answer; later ones, such as that of a wait, have no limit. */
	readonly contactMilliseconds?: number;
};

/** Sends requests to an engine over HTTP, with keep-alive. */
export const createClient = (address: ReachableAddress, {contactMilliseconds = 10_000}: ClientOptions = {}): Client => {
	let server: string | undefined;
	let version = '';
	let builder: string | undefined;
	let agent: Agent | undefined;
	let contact: Promise<void> | undefined;

	const open = async (
		method: string,
		path: string,
		options: RequestOptions,
		upgrade?: Readonly<Record<string, string>>,
	): Promise<ClientRequest> => {
		const transport = process.getBuiltinModule(address.kind === 'tcp' && address.tls ? 'node:https' : 'node:http');
		const createConnection = address.kind === 'ssh' ? connectionOf(address.dial) : undefined;
		agent ??= Object.assign(new transport.Agent({keepAlive: true, ...(address.kind === 'tcp') && address.tls}), createConnection && {createConnection});
		return transport.request({
			method,
			path: `${path}${encodeQuery(options.query)}`,
			...placeOf(address),
			// A session needs its own connection.
			...upgrade ? {agent: createConnection ? undefined : false, createConnection} : {agent},
			signal: options.signal,
			setDefaultHeaders: true,
			headers: {
				Accept: `${holmMediaType}, */*`,
				'User-Agent': userAgent(method !== 'GET' && method !== 'HEAD'),
				...options.json !== undefined && {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(JSON.stringify(options.json))},
				...options.tar && {'Content-Type': 'application/x-tar'},
				...options.headers,
				...upgrade,
			},
		});
	};

	const note = (response: IncomingMessage) => {
		server = String(response.headers.server ?? server ?? '');
		version = String(response.headers['api-version'] ?? version);
		builder = response.headers['builder-version'] === undefined ? builder : String(response.headers['builder-version']);
	};

	const greet = async () => {
		const request = await open('HEAD', '/_ping', {});
		const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
		request.once('response', resolve).on('error', reject);
		limitConnecting(request);
		limitAnswer(request, contactMilliseconds);
		request.end();
		try {
			const response = await promise;
			note(response);
			response.on('error', () => undefined).resume();
		} catch (error) {
			contact = undefined;
			throw connectionError(error, address);
		}
	};

	/** An engine on another host may accept connections and stay silent: the first request is a ping, which has a limit. */
	const meet = async () => {
		if (address.kind !== 'unix') {
			contact ??= greet();
			await contact;
		}
	};

	const send: Client['send'] = async (method, path, options = {}) => {
		try {
			await meet();
		} catch (error) {
			options.tar?.destroy();
			throw options.signal?.aborted ? cancelled(error) : error;
		}

		const request = await open(method, path, options);
		const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
		request.once('response', resolve).on('error', reject);
		limitConnecting(request);
		sendBody(request, options, reject);
		try {
			const response = await promise;
			note(response);
			// Readers get the error; without one, it must not crash the process.
			response.on('error', () => undefined);
			if (isError(response)) {
				throw await errorOf(response, options.otherwise ?? '');
			}

			return response;
		} catch (error) {
			options.tar?.destroy();
			throw options.signal?.aborted ? cancelled(error) : connectionError(error, address);
		}
	};

	const hijack: Client['hijack'] = async (path, options = {}, protocol = 'tcp') => {
		await meet();
		const request = await open('POST', path, options, {Connection: 'Upgrade', Upgrade: protocol, ...protocol === 'tcp' && {[stdinHeader]: stdinFramed}});
		const {promise, resolve, reject} = Promise.withResolvers<Pick<Hijacked, 'socket' | 'source'> & {readonly response: IncomingMessage}>();
		request.once('upgrade', (response: IncomingMessage, socket: Socket, head: Uint8Array) => {
			if (head.length > 0) {
				socket.unshift(head);
			}

			resolve({response, socket, source: socket});
		});
		request.once('response', response => {
			resolve({response, socket: response.socket, source: response});
		});
		request.on('error', reject);
		limitConnecting(request);
		sendBody(request, options, reject);
		try {
			const {response, socket, source} = await promise;
			note(response);
			if (source === response && isError(response)) {
				throw await errorOf(response, options.otherwise ?? '');
			}

			return {socket, source, contentType: response.headers['content-type'] ?? '', isFramed: response.headers[stdinHeader] === stdinFramed};
		} catch (error) {
			throw connectionError(error, address);
		}
	};

	const ping = async () => {
		await meet();
		if (address.kind === 'unix') {
			const response = await send('HEAD', '/_ping');
			response.resume();
		}
	};

	return {
		address,
		send,
		async json(method, path, options) {
			const response = await send(method, path, options);
			try {
				const text = await readText(response);
				return text.trim() === '' ? undefined : parseJson(text, 'the engine\'s answer');
			} catch (error) {
				throw options?.signal?.aborted ? cancelled(error) : connectionError(error, address);
			}
		},
		hijack,
		async isHolm() {
			if (server === undefined) {
				await ping();
			}

			return /^Holm\b/v.test(server ?? '');
		},
		async hasBuildKit() {
			if (builder === undefined) {
				await ping();
			}

			return builder === '2';
		},
		async minorVersion() {
			if (version === '') {
				await ping();
			}

			// Without the header, assume the oldest supported version.
			return Number(/^1\.(?<minor>\d+)$/v.exec(version)?.groups?.minor ?? 41);
		},
	};
};
