import {Buffer} from 'node:buffer';
import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {HolmError} from '../engine/errors.js';
import {fieldsOf, type Fields} from '../wire/fields.js';
import {parseJson} from '../wire/json.js';
import type {Exchange} from './exchange.js';

/** A body of JSON is short, and a client that sends one sends it at once. */
export type BodyLimits = {readonly bytes: number; readonly milliseconds: number};

/** A body that is too large has its own HTTP status, for which there is no error code. */
export class BodyTooLarge extends HolmError {
	constructor(limit: number) {
		super('invalid', `the body is larger than ${limit} bytes`);
	}
}

const whileWaiting = async <Value>(limits: BodyLimits, read: (expired: Promise<never>) => Promise<Value>): Promise<Value> => {
	const {promise: expired, reject} = Promise.withResolvers<never>();
	expired.catch(() => undefined);
	const timer = setTimeout(() => {
		reject(new HolmError('invalid', `the body did not come within ${limits.milliseconds / 1000} seconds`));
	}, limits.milliseconds);
	try {
		return await read(expired);
	} finally {
		clearTimeout(timer);
	}
};

/** The whole body of an ordinary request. */
export const readBody = async (request: IncomingMessage, limits: BodyLimits): Promise<Buffer> => whileWaiting(limits, async expired => {
	if (Number(request.headers['content-length'] ?? 0) > limits.bytes) {
		throw new BodyTooLarge(limits.bytes);
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	const {promise, resolve, reject} = Promise.withResolvers<Buffer>();
	const onData = (chunk: Uint8Array) => {
		length += chunk.length;
		if (length > limits.bytes) {
			reject(new BodyTooLarge(limits.bytes));
			return;
		}

		chunks.push(chunk);
	};

	const onEnd = () => {
		resolve(Buffer.concat(chunks));
	};

	const onClose = () => {
		reject(new HolmError('invalid', 'the client disconnected before it had sent the whole body'));
	};

	request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', reject);
	try {
		return await Promise.race([promise, expired]);
	} finally {
		request.off('data', onData).off('end', onEnd).off('close', onClose);
	}
});

/** The body of an upgrade request. Node before 26 leaves it on the connection, ahead of the new protocol's bytes. */
export const readUpgradeBody = async (request: IncomingMessage, socket: Duplex, limits: BodyLimits): Promise<Buffer> => {
	if (request.headers['transfer-encoding'] !== undefined) {
		throw new HolmError('invalid', 'a request that upgrades its connection must say the length of its body', {remedy: 'send Content-Length'});
	}

	const length = Number(request.headers['content-length'] ?? 0);
	if (length > limits.bytes) {
		throw new BodyTooLarge(limits.bytes);
	}

	if (length === 0) {
		return Buffer.alloc(0);
	}

	return whileWaiting(limits, async expired => {
		const {promise, resolve, reject} = Promise.withResolvers<Buffer>();
		const onReadable = () => {
			const body = socket.read(length) as Buffer | null;
			if (body?.length === length) {
				resolve(body);
			} else if (body !== null || socket.readableEnded) {
				// An ended stream returns what it has.
				reject(new HolmError('invalid', 'the client disconnected before it had sent the whole body'));
			}
		};

		socket.on('readable', onReadable).on('end', onReadable);
		onReadable();
		try {
			return await Promise.race([promise, expired]);
		} finally {
			socket.off('readable', onReadable).off('end', onReadable);
		}
	});
};

/** The JSON object in the body; a missing body is an empty object. The case of names does not matter, as in Docker: docker-py sends `detachKeys`. Throws `invalid` for other content types, as Docker does: the forms of web pages cannot send JSON. */
export const readFields = async ({request, body}: Exchange): Promise<Fields> => {
	const bytes = await body();
	const type = request.headers['content-type'];
	if (bytes.length === 0 && type === undefined) {
		return fieldsOf({});
	}

	if (!/^application\/json(?:\s*;.*)?$/iv.test(type ?? '')) {
		throw new HolmError('invalid', `unsupported Content-Type header (${(type ?? '').slice(0, 100)}): must be 'application/json'`);
	}

	return fieldsOf(bytes.length === 0 ? {} : parseJson(bytes.toString(), 'the body'), '', true);
};
