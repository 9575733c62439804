import type {IncomingMessage} from 'node:http';
import type {Duplex, Readable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';

const http = process.getBuiltinModule('node:http');

/** Bytes of an answer in JSON. It comes from a machine that ran other people's programs. */
const maximumAnswerBytes = 16 * 1024 * 1024;

export type RequestOptions = {
	/** A tar. */
	readonly body?: Readable;
	/** Time for the head of the answer; default a minute. */
	readonly limitMs?: number;
};

/** Docker's API over connections that `connect` opens, one for each request. */
export const createDockerClient = (connect: () => Promise<Duplex>) => {
	/** Sends a request and resolves with the head of its answer. Throws `unavailable` if there is none in time. */
	const request = async (method: string, path: string, {body, limitMs = 60_000}: RequestOptions = {}): Promise<IncomingMessage> => {
		const stream = await connect();
		const timeout = AbortSignal.timeout(limitMs);
		const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
		const sent = http.request({
			method, path, headers: {Host: 'builder', ...body && {'Content-Type': 'application/x-tar'}}, createConnection: () => stream,
		}, resolve);
		const giveUp = () => {
			stream.destroy();
			reject(new HolmError('unavailable', `the builder did not answer within ${limitMs / 1000} seconds`, {remedy: 'holm builder logs may say why'}));
		};

		timeout.addEventListener('abort', giveUp);
		sent.on('error', error => {
			reject(new HolmError('unavailable', `the builder does not answer: ${messageOf(error)}`, {remedy: 'holm builder logs may say why', cause: error}));
		});
		if (body) {
			body.on('error', () => {
				stream.destroy();
			});
			body.pipe(sent);
		} else {
			sent.end();
		}

		try {
			const answer = await promise;
			answer.once('close', () => {
				stream.destroy();
			});
			return answer;
		} finally {
			timeout.removeEventListener('abort', giveUp);
		}
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

	return {
		request,
		/** The answer as JSON, undefined if it is empty. Throws `internal` with the builder's message if it refuses. */
		async json(method: string, path: string, options?: RequestOptions): Promise<unknown> {
			const answer = await request(method, path, options);
			const said = await text(answer);
			const {statusCode = 500} = answer;
			if (statusCode >= 400) {
				throw new HolmError(statusCode === 404 ? 'not-found' : 'internal', `the builder refused: ${said.trim().slice(0, 500)}`);
			}

			try {
				return said === '' ? undefined : JSON.parse(said);
			} catch {
				return said;
			}
		},
	};
};

export type DockerClient = ReturnType<typeof createDockerClient>;
