import {Buffer} from 'node:buffer';
import type {Handler} from './handlers.js';
import {decodeQuery, type Query} from './query.js';
import {
	emptyAnswer,
	encodeRefusal,
	encodeResponse,
	type Answer,
	type Rotation,
} from './response.js';
import {rcodes, type Message} from './message.js';

export type Transport = 'udp' | 'tcp';

/** Returns the response to a client's message; undefined if it gets none. Never throws. */
export type Responder = (message: Message, transport: Transport, client: string) => Message | Promise<Message> | undefined;

/** The responder for a client's address. */
export type ResponderOf = (client: string) => Responder;

/** An encoded response. Each copy differs only in its id and the order of its records. */
type Prepared = {
	readonly response: Message;
	/** Offset of the records. */
	readonly start: number;
	readonly rotation?: Rotation;
};

const maximumPrepared = 4096;
/** Longer queries are unusual and not cached. */
const maximumKeyLength = 300;

const issue = ({response, start, rotation}: Prepared, message: Message): Message => {
	const issued = Buffer.allocUnsafe(response.length);
	issued.set(response);
	issued[0] = message[0]!;
	issued[1] = message[1]!;
	if (rotation) {
		const {size} = rotation;
		const count = response.readUInt16BE(6);
		const end = start + (count * size);
		const cut = start + ((rotation.next % count) * size);
		response.copy(issued, start, cut, end);
		response.copy(issued, start + end - cut, start, cut);
		rotation.next = (rotation.next + 1) % count;
	}

	return issued;
};

const encodeLater = async (query: Query, answer: Promise<Answer>, transport: Transport) => encodeResponse(query, await answer, transport);

/**
Answers messages with the handlers of one zone.

A local response depends only on the bytes after the message's id, so it is encoded once and looked up by them. A new table makes a new responder.
*/
export const createResponder = (handler: Handler): Responder => {
	const prepared = {udp: new Map<string, Prepared>(), tcp: new Map<string, Prepared>()};

	const workOut = (message: Message, transport: Transport, client: string, key: string): Message | Promise<Message> | undefined => {
		const query = decodeQuery(message);
		if (query === undefined) {
			return undefined;
		}

		if (typeof query === 'number') {
			return encodeRefusal(message, query);
		}

		const answer = handler(query, client) ?? emptyAnswer(rcodes.serverFailure, 0);
		if (answer instanceof Promise) {
			return encodeLater(query, answer, transport);
		}

		const response = encodeResponse(query, answer, transport);
		if (!answer.local) {
			return response;
		}

		const entry = {response, start: query.question.end, rotation: answer.rotation};
		if (key.length > maximumKeyLength) {
			return issue(entry, message);
		}

		const known = prepared[transport];
		// Only unusual clients fill the map, and the common names are soon back.
		if (known.size >= maximumPrepared) {
			known.clear();
		}

		known.set(key, entry);
		return issue(entry, message);
	};

	// eslint-disable-next-line @typescript-eslint/promise-function-async -- cached answers must not wait for a turn of the event loop
	return (message, transport, client) => {
		const key = message.toString('latin1', 2);
		const entry = prepared[transport].get(key);
		return entry ? issue(entry, message) : workOut(message, transport, client, key);
	};
};
