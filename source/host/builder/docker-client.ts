import type {ClientRequest, IncomingMessage, OutgoingHttpHeaders} from 'node:http';
import type {Duplex, Readable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {decodeError} from '../../wire/decode/error.js';

const http = process.getBuiltinModule('node:http');

/** Bytes of an answer in JSON. It comes from a machine that ran other people's programs. */
const maximumAnswerBytes = 16 * 1024 * 1024;

export type RequestOptions = {
	/** A tar. */
	readonly body?: Readable;
	/** Time for the head of the answer; default a minute, and without a limit if there is a signal. */
	readonly limitMs?: number;
	/** Ends the request and its answer. */
	readonly signal?: AbortSignal;
};

type Head = {readonly method: string; readonly path: string; readonly headers: OutgoingHttpHeaders};

const remedy = 'holm builder logs may say why';

/** The error of a connection with the builder that was lost. */
export const lostBuilder = (error: unknown): HolmError => error instanceof HolmError
	? error
	: new HolmError('unavailable', `the builder ended during the request: ${messageOf(error)}`, {remedy, cause: error});

/** Docker's API over connections that `connect` opens, one for each request. */
export const createDockerClient = (connect: () => Promise<Duplex>) => {
	/** Runs `exchange` with a new request, until it resolves, the request fails or the time is over; the connection is closed if it fails. */
	const open = async <Answer>(
		head: Head,
		{limitMs, signal}: RequestOptions,
		exchange: (request: ClientRequest, resolve: (answer: Answer) => void) => void,
	): Promise<Answer> => {
		const stream = await connect();
		const {promise, resolve, reject} = Promise.withResolvers<Answer>();
		const request = http.request({
			...head, headers: {Host: 'builder', ...head.headers}, createConnection: () => stream,
		});
		request.on('error', error => {
			reject(lostBuilder(error));
		});
		const end = () => {
			stream.destroy();
			reject(new HolmError('unavailable', 'the request to the builder was cancelled'));
		};

		signal?.addEventListener('abort', end);
		stream.once('close', () => {
			signal?.removeEventListener('abort', end);
		});
		if (signal?.aborted) {
			end();
		}

		const timer = limitMs === undefined ? undefined : setTimeout(() => {
			reject(new HolmError('unavailable', `the builder did not answer within ${limitMs / 1000} seconds`, {remedy}));
		}, limitMs);
		try {
			exchange(request, resolve);
			return await promise;
		} catch (error) {
			stream.destroy();
			throw error;
		} finally {
			clearTimeout(timer);
		}
	};

	/** Sends a request and resolves with the head of its answer. Throws `unavailable` if there is none in time. */
	const request = async (method: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> => {
		const {body, signal, limitMs = signal ? undefined : 60_000} = options;
		const headers: OutgoingHttpHeaders = body ? {'Content-Type': 'application/x-tar'} : {};
		return open<IncomingMessage>({method, path, headers}, {signal, limitMs}, (sent, resolve) => {
			sent.once('response', answer => {
				answer.once('close', () => {
					answer.socket.destroy();
				});
				resolve(answer);
			});
			if (body?.errored) {
				sent.destroy(body.errored);
			} else if (body) {
				body.on('error', error => {
					sent.destroy(error);
				});
				body.pipe(sent);
			} else {
				sent.end();
			}
		});
	};

	const text = async (answer: IncomingMessage): Promise<string> => {
		let collected = '';
		answer.setEncoding('utf8');
		for await (const chunk of answer) {
			collected += chunk as string;
			if (collected.length > maximumAnswerBytes) {
				answer.destroy();
				throw new HolmError('unavailable', 'the answer of the builder is too long', {remedy: 'holm builder rm makes a new one'});
			}
		}

		return collected;
	};

	/** The body of an answer. Throws the builder's error if it refuses. */
	const accepted = async (answer: IncomingMessage): Promise<IncomingMessage> => {
		const {statusCode = 500} = answer;
		if (statusCode < 400) {
			return answer;
		}

		const body = await text(answer);
		let json: unknown;
		try {
			json = JSON.parse(body);
		} catch {
			json = {message: body.slice(0, 500)};
		}

		throw decodeError(json, statusCode, 'the builder refused without a reason');
	};

	return {
		request,
		/** Like `request`, and throws the builder's error if it refuses. */
		post: async (path: string, options: RequestOptions): Promise<IncomingMessage> => accepted(await request('POST', path, options)),
		/** The connection of a request, once it is one of another protocol. */
		upgrade: async (path: string, protocol: string, headers: OutgoingHttpHeaders, signal?: AbortSignal): Promise<Duplex> =>
			open<Duplex>({method: 'POST', path, headers: {...headers, Connection: 'Upgrade', Upgrade: protocol}}, {signal, limitMs: 60_000}, (sent, resolve) => {
				sent.once('upgrade', (_answer, socket, head) => {
					socket.unshift(head);
					resolve(socket);
				});
				sent.once('response', answer => {
					sent.destroy(new HolmError('unavailable', `the builder refused the session, with status ${answer.statusCode}`, {remedy}));
				});
				sent.end();
			}),
		/** The answer as JSON, undefined if it is empty. Throws the builder's error if it refuses. */
		async json(method: string, path: string, options?: RequestOptions): Promise<unknown> {
			const said = await text(await accepted(await request(method, path, options)));
			try {
				return said === '' ? undefined : JSON.parse(said);
			} catch {
				return said;
			}
		},
	};
};

export type DockerClient = ReturnType<typeof createDockerClient>;
