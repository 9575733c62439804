import {Buffer} from 'node:buffer';
import {randomInt} from 'node:crypto';
import {createAnswerCache, type AnswerCache, type CacheableAnswer} from './cache.js';
import type {Drops} from './drops.js';
import type {Handler} from './handlers.js';
import {
	countsOf,
	flags,
	headerLength,
	rcodes,
	recordSpans,
	types,
	udpPayloadLimit,
	type Message,
} from './message.js';
import {createPlaces} from './places.js';
import type {Query} from './query.js';
import {emptyAnswer, type Answer} from './response.js';
import {askUpstream, type Upstream} from './upstream.js';

export type ResolverOptions = {
	/** Asked in this order, starting with the one that answered last. */
	readonly upstreams: readonly Upstream[];
	/** Time limit per attempt; default 1500. Each upstream is asked at most twice, with at most four attempts in total. */
	readonly timeoutMs?: number;
	readonly cache?: AnswerCache;
	readonly onDrop?: Drops;
};

/** Concurrent questions, counted per client. More are answered with SERVFAIL. */
const maximumPending = 500;
const maximumAttempts = 4;
const maximumTtlSeconds = 86_400;
/** RFC 2308 section 5 suggests one to three hours. */
const maximumNegativeTtlSeconds = 3600;

/** The client's question with a new id, and with EDNS if the client uses it. */
const encodeUpstreamQuery = ({message, question, flags: bits, edns}: Query): Message => {
	const option = edns
		? Buffer.of(0, 0, types.opt, udpPayloadLimit >> 8, udpPayloadLimit & 0xFF, 0, 0, edns.dnssecOk ? 0x80 : 0, 0, 0, 0)
		: Buffer.alloc(0);
	const header = Buffer.alloc(headerLength);
	header.writeUInt16BE(randomInt(65_536), 0);
	header.writeUInt16BE(bits & (flags.recursionDesired | flags.authenticData | flags.checkingDisabled), 2);
	header.writeUInt16BE(1, 4);
	header.writeUInt16BE(edns ? 1 : 0, 10);
	return Buffer.concat([header, message.subarray(headerLength, question.end), option]);
};

/** RFC 2181 section 8: a TTL with its highest bit set counts as zero. */
const readTtl = (message: Message, offset: number) => {
	const ttl = message.readUInt32BE(offset);
	return ttl > 0x7F_FF_FF_FF ? 0 : Math.min(ttl, maximumTtlSeconds);
};

/**
Decodes an upstream's message, without the question and the OPT record, which only concerns the two servers. Undefined if the message is malformed.

An answer without records is cached only if it has a SOA, which sets the time, RFC 2308 section 5.
*/
export const decodeUpstreamAnswer = (message: Message, questionEnd: number): CacheableAnswer | undefined => {
	const spans = recordSpans(message, questionEnd, countsOf(message));
	if (!spans) {
		return undefined;
	}

	const optionIndex = spans.findIndex(({type}) => type === types.opt);
	// Records after the OPT record could contain pointers beyond it, and are additional anyway.
	const kept = optionIndex === -1 ? spans : spans.slice(0, optionIndex);
	const countOf = (section: string) => kept.filter(span => span.section === section).length;
	const counts = [countOf('answer'), countOf('authority'), countOf('additional')] as const;
	const authority = kept.find(span => span.section === 'authority' && span.type === types.soa && span.end - span.data >= 22);
	const bits = message.readUInt16BE(2);
	const ttls = kept.map(({ttl}) => readTtl(message, ttl));
	if (authority) {
		ttls.push(Math.min(readTtl(message, authority.end - 4), maximumNegativeTtlSeconds));
	}

	const isKept = counts[0] > 0 || authority !== undefined;
	return {
		answer: {
			rcode: bits & 15,
			flags: bits & (flags.authoritative | flags.authenticData),
			counts,
			body: Buffer.from(message.subarray(questionEnd, kept.at(-1)?.end ?? questionEnd)),
			local: false,
		},
		ttlSeconds: isKept ? Math.min(...ttls) : 0,
		ttlOffsets: kept.map(({ttl}) => ttl - questionEnd),
	};
};

const isRefusal = (rcode: number) => rcode !== rcodes.noError && rcode !== rcodes.nameError && rcode <= rcodes.refused;

/** A question in progress, with the clients that wait for its answer. */
type Pending = {
	readonly askers: Map<string, {readonly answer: Promise<Answer>; readonly resolve: (answer: Answer) => void}>;
	/** Aborted when the last client has left. */
	readonly abandoned: AbortController;
};

/** Not `local`, so it is not reused for the next query. */
const failure: Answer = {...emptyAnswer(rcodes.serverFailure, 0), local: false};

/** The handler that forwards queries to the upstreams. Concurrent equal questions are asked once, and answers are cached for their TTL. */
export const createResolver = ({upstreams, timeoutMs = 1500, cache = createAnswerCache(), onDrop}: ResolverOptions): Handler => {
	const pending = new Map<string, Pending>();
	const places = createPlaces({
		limit: maximumPending,
		onDrop(client) {
			onDrop?.('questions', client);
		},
	});
	let preferred = 0;

	const resolve = async (query: Query, key: string, signal: AbortSignal): Promise<Answer> => {
		const first = preferred;
		for (let attempt = 0; attempt < Math.min(2 * upstreams.length, maximumAttempts) && !signal.aborted; attempt++) {
			const index = (first + attempt) % upstreams.length;
			try {
				const message = await askUpstream(upstreams[index]!, encodeUpstreamQuery(query), {timeoutMs, signal});
				const decoded = decodeUpstreamAnswer(message, query.question.end);
				if (decoded && !isRefusal(decoded.answer.rcode)) {
					preferred = index;
					cache.set(key, decoded);
					return decoded.answer;
				}
			} catch {
				// Ask the next upstream.
			}
		}

		return failure;
	};

	const start = async (query: Query, key: string, question: Pending) => {
		pending.set(key, question);
		const answer = await resolve(query, key, question.abandoned.signal);
		if (pending.get(key) === question) {
			pending.delete(key);
		}

		for (const asker of question.askers.values()) {
			asker.resolve(answer);
		}
	};

	/** Adds a client to a question, new or in progress; undefined if the client gets no place. */
	const join = (query: Query, key: string, client: string): Promise<Answer> | undefined => {
		const {promise: answer, resolve: resolveAnswer} = Promise.withResolvers<Answer>();
		const release = places.take(client, () => {
			leave();
		});
		if (!release) {
			return undefined;
		}

		// Look it up only now, because `take` may have evicted the last client of the same question.
		const asked = pending.get(key);
		const question: Pending = asked ?? {askers: new Map(), abandoned: new AbortController()};
		const leave = () => {
			question.askers.delete(client);
			resolveAnswer(failure);
			if (question.askers.size === 0) {
				pending.delete(key);
				question.abandoned.abort();
			}
		};

		question.askers.set(client, {
			answer,
			resolve(found) {
				release();
				resolveAnswer(found);
			},
		});
		if (!asked) {
			void start(query, key, question);
		}

		return answer;
	};

	// eslint-disable-next-line @typescript-eslint/promise-function-async -- a cached answer must not wait for a turn of the event loop
	return (query, client) => {
		const {question, edns} = query;
		const key = [question.type, query.flags & (flags.recursionDesired | flags.checkingDisabled), edns?.dnssecOk ? 1 : 0, question.name].join(' ');
		const known = cache.get(key) ?? pending.get(key)?.askers.get(client)?.answer;
		if (known) {
			return known;
		}

		return upstreams.length === 0 ? failure : join(query, key, client) ?? failure;
	};
};
