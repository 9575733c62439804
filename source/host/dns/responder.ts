import {Buffer} from 'node:buffer';
import {type Handler} from './handlers.js';
import {decodeQuery, type Query} from './query.js';
import {
	emptyAnswer,
	encodeRefusal,
	encodeResponse,
	type Answer,
} from './response.js';
import {rcodes, type Message} from './message.js';

export type Transport = 'udp' | 'tcp';

/** A message's response; undefined when it gets none. Never throws. */
export type Responder = (message: Message, transport: Transport) => Message | Promise<Message> | undefined;

/** Who answers a client, by its address. */
export type ResponderOf = (client: string) => Responder;

/** A response that only its id and the order of its records tell from the next one. */
type Prepared = {
	readonly response: Message;
	/** Where the records begin, how many there are and how long each is; a count below 2 is not rotated. */
	readonly start: number;
	readonly count: number;
	readonly size: number;
	next: number;
};

const maximumPrepared = 4096;
/** Longer queries are not ordinary ones and are worked out each time. */
const maximumKeyLength = 300;

const prepare = (query: Query, answer: Answer, response: Message): Prepared => {
	const count = response.readUInt16BE(6);
	const size = count === 0 ? 0 : answer.body.length / count;
	const firstSize = count === 0 ? 0 : 12 + answer.body.readUInt16BE(10);
	return {
		response, start: query.question.end, count: size === firstSize ? count : 0, size, next: 0,
	};
};

/** Several addresses of one name are given in turn, so that clients that take the first share them. */
const issue = (prepared: Prepared, message: Message): Message => {
	const {response, count, start, size} = prepared;
	const issued = Buffer.allocUnsafe(response.length);
	issued.set(response);
	issued[0] = message[0]!;
	issued[1] = message[1]!;
	if (count > 1) {
		const end = start + (count * size);
		const cut = start + (prepared.next * size);
		response.copy(issued, start, cut, end);
		response.copy(issued, start + end - cut, start, cut);
		prepared.next = (prepared.next + 1) % count;
	}

	return issued;
};

const encodeLater = async (query: Query, answer: Promise<Answer>, transport: Transport) => encodeResponse(query, await answer, transport);

/**
Turns messages into responses with the handlers of one zone.

A local response depends on nothing but the message's bytes after its id, so it is prepared once and then found by them; a new table is a new responder.
*/
export const createResponder = (handler: Handler): Responder => {
	const prepared = {udp: new Map<string, Prepared>(), tcp: new Map<string, Prepared>()};

	const workOut = (message: Message, transport: Transport, key: string): Message | Promise<Message> | undefined => {
		const query = decodeQuery(message);
		if (query === undefined) {
			return undefined;
		}

		if (typeof query === 'number') {
			return encodeRefusal(message, query);
		}

		const answer = handler(query) ?? emptyAnswer(rcodes.serverFailure, 0);
		if (answer instanceof Promise) {
			return encodeLater(query, answer, transport);
		}

		const response = encodeResponse(query, answer, transport);
		if (!answer.local || key.length > maximumKeyLength) {
			return response;
		}

		const entry = prepare(query, answer, response);
		const known = prepared[transport];
		// Only a client that asks for nothing twice fills it, and the others' names are soon back.
		if (known.size >= maximumPrepared) {
			known.clear();
		}

		known.set(key, entry);
		return issue(entry, message);
	};

	// eslint-disable-next-line @typescript-eslint/promise-function-async -- what is known must not wait for a turn of the event loop
	return (message, transport) => {
		const key = message.toString('latin1', 2);
		const entry = prepared[transport].get(key);
		return entry ? issue(entry, message) : workOut(message, transport, key);
	};
};
