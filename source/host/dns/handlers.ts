import {Buffer} from 'node:buffer';
import dnsPacket from 'dns-packet';
import type {DnsRecord} from '../../engine/resources.js';
import {
	flags,
	headerLength,
	rcodes,
	types,
	type Message,
} from './message.js';
import type {Query} from './query.js';
import {emptyAnswer, type Answer} from './response.js';

/** Answers a client's query, or returns undefined to pass it to the next handler. */
export type Handler = (query: Query, client: string) => Answer | Promise<Answer> | undefined;

/** A handler that returns the first answer of several handlers. */
// eslint-disable-next-line @typescript-eslint/promise-function-async -- most answers are ready and must not wait for a turn of the event loop
export const firstOf = (...handlers: readonly Handler[]): Handler => (query, client) => {
	for (const handler of handlers) {
		const answer = handler(query, client);
		if (answer) {
			return answer;
		}
	}

	return undefined;
};

/** Refuses EDNS versions from 1 on (RFC 6891 section 6.1.3), classes other than IN, and zone transfers (RFC 5936). */
export const refuseUnserved: Handler = ({question, edns}) => {
	if (edns && edns.version > 0) {
		return emptyAnswer(rcodes.badVersion, 0);
	}

	if (question.class !== 1 || question.type === types.axfr || question.type === types.ixfr) {
		return emptyAnswer(rcodes.refused, 0);
	}

	return undefined;
};

/** Encodes a record whose owner name is a pointer to the question. */
const encodeRecord = ({type, value, ttlSeconds}: DnsRecord): Message => {
	const message = dnsPacket.encode({
		type: 'response', answers: [{
			name: '.', type, ttl: ttlSeconds, data: value,
		}],
	});
	return Buffer.concat([Buffer.of(0xC0, headerLength), message.subarray(headerLength + 1)]);
};

const codeOf = {A: types.a, AAAA: types.aaaa, PTR: types.ptr};

const answerWith = (records: readonly DnsRecord[]): Answer => {
	const encoded = records.map(record => encodeRecord(record));
	const size = encoded[0]?.length ?? 0;
	return {
		...emptyAnswer(rcodes.noError),
		counts: [encoded.length, 0, 0],
		body: Buffer.concat(encoded),
		...encoded.length > 1 && encoded.every(({length}) => length === size) && {rotation: {size, next: 0}},
	};
};

/** Answers from the zone's records. A known name without a record of the type gets an empty answer, not NXDOMAIN, because a client that gets NXDOMAIN for AAAA would not ask for A. As in Docker, a name may be followed by the network's name. */
export const answerFromZone = (records: readonly DnsRecord[], network: string): Handler => {
	const byName = Map.groupBy(records, ({name}) => name);
	const suffix = `.${network.toLowerCase()}`;
	const answers = new Map<string, Answer>();
	return ({question: {name, type}}) => {
		const known = byName.get(name) ?? (name.endsWith(suffix) ? byName.get(name.slice(0, -suffix.length)) : undefined);
		if (!known) {
			return undefined;
		}

		// All types without records share one entry, which bounds the map.
		const matching = known.filter(record => type === types.any || codeOf[record.type] === type);
		const key = `${matching.length === 0 ? 0 : type} ${name}`;
		const answer = answers.get(key) ?? answerWith(matching);
		answers.set(key, answer);
		return answer;
	};
};

/** Reverse zones of private addresses, RFC 6303 and RFC 7793. */
const privateZones = [
	/(?:^|\.)(?:0|10|127|254\.169|168\.192|255\.255\.255\.255)\.in-addr\.arpa$/v,
	/(?:^|\.)(?:1[6-9]|2\d|3[01])\.172\.in-addr\.arpa$/v,
	/(?:^|\.)(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.100\.in-addr\.arpa$/v,
	/(?:^|\.)(?:[cd]\.f|[89ab]\.e\.f|[01](?:\.0){31})\.ip6\.arpa$/v,
];

/** Denies reverse names of private addresses that are not in the zone, because no other server knows this network. */
export const denyPrivateReverse: Handler = ({question}) => question.name.endsWith('.arpa') && privateZones.some(zone => zone.test(question.name)) ? emptyAnswer(rcodes.nameError) : undefined;

/** Denies names of one label: they can only be containers, and are not forwarded. */
export const denySingleLabel: Handler = ({question}) => question.labels.length === 1 ? emptyAnswer(rcodes.nameError) : undefined;

/** Denies everything: the last handler of every chain. */
export const denyUnknown: Handler = () => emptyAnswer(rcodes.nameError, flags.authoritative);
