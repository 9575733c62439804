
import {Buffer} from 'node:buffer';
import {
	flags,
	headerLength,
	plainPayloadLimit,
	rcodes,
	udpPayloadLimit,
	type Message,
} from './message.js';
import {type Query} from './query.js';

/** What a handler answers: everything of a response that does not depend on how the client asked. */
export type Answer = {
	/** Up to 12 bits; those above the fourth go into EDNS. */
	readonly rcode: number;
	/** Authoritative, authentic data and recursion available. */
	readonly flags: number;
	/** Records of the answer, authority and additional section, without OPT. */
	readonly counts: readonly [number, number, number];
	/** The records. Compression pointers in it are offsets in a message with the same question. */
	readonly body: Message;
	/** From the zone itself: good until the zone is replaced. */
	readonly local: boolean;
};

const nothing = Buffer.alloc(0);

/** An answer of the server's own that has no records. */
export const emptyAnswer = (rcode: number, bits: number = flags.authoritative): Answer =>
	({
		rcode, flags: bits, counts: [0, 0, 0], body: nothing, local: true,
	});

/** The answer to what could not be read beyond its header. */
export const encodeRefusal = (message: Message, rcode: number): Message => {
	const response = Buffer.alloc(headerLength);
	response.set(message.subarray(0, 2));
	const bits = message.readUInt16BE(2);
	response.writeUInt16BE(flags.response | (bits & (flags.opcode | flags.recursionDesired)) | rcode, 2);
	return response;
};

const optionLength = 11;

const writeOption = (response: Message, offset: number, rcode: number, edns: {readonly dnssecOk: boolean}) => {
	response.fill(0, offset);
	response[offset + 2] = 41;
	response.writeUInt16BE(udpPayloadLimit, offset + 3);
	response[offset + 5] = rcode >> 4;
	response[offset + 7] = edns.dnssecOk ? 0x80 : 0;
};

const limitOf = ({edns}: Query, transport: 'udp' | 'tcp') => {
	if (transport === 'tcp') {
		return 65_535;
	}

	return edns ? Math.min(Math.max(edns.payloadSize, plainPayloadLimit), udpPayloadLimit) : plainPayloadLimit;
};

/** The response to a query. One that the transport cannot carry is sent truncated, without any record, and the client asks again over TCP. */
export const encodeResponse = (query: Query, answer: Answer, transport: 'udp' | 'tcp'): Message => {
	const {message, question, edns} = query;
	const optionSize = edns ? optionLength : 0;
	const isTruncated = question.end + answer.body.length + optionSize > limitOf(query, transport);
	const body = isTruncated ? nothing : answer.body;
	const [answers, authorities, additionals] = isTruncated ? [0, 0, 0] : answer.counts;
	const response = Buffer.allocUnsafe(question.end + body.length + optionSize);
	message.copy(response, 0, 0, question.end);
	// Without EDNS the client can only be told that it failed.
	const rcode = !edns && answer.rcode > 15 ? rcodes.serverFailure : answer.rcode;
	const echoed = query.flags & (flags.recursionDesired | flags.checkingDisabled);
	response.writeUInt16BE(flags.response | echoed | flags.recursionAvailable | answer.flags | (isTruncated ? flags.truncated : 0) | (rcode & 15), 2);
	response.writeUInt16BE(answers, 6);
	response.writeUInt16BE(authorities, 8);
	response.writeUInt16BE(additionals + (edns ? 1 : 0), 10);
	body.copy(response, question.end);
	if (edns) {
		writeOption(response, question.end + body.length, rcode, edns);
	}

	return response;
};
