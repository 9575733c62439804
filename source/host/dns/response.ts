import {Buffer} from 'node:buffer';
import {
	flags,
	headerLength,
	plainPayloadLimit,
	rcodes,
	recordSpans,
	udpPayloadLimit,
	type Message,
} from './message.js';
import type {Query} from './query.js';

/** A handler's answer: the parts of a response that do not depend on the client's message. */
export type Answer = {
	/** Up to 12 bits; all but the lower four go into EDNS. */
	readonly rcode: number;
	/** Authoritative, authentic data and recursion available. */
	readonly flags: number;
	/** Records of the answer, authority and additional section, without OPT. */
	readonly counts: readonly [number, number, number];
	/** The encoded records. Compression pointers are offsets in a message with the same question. */
	readonly body: Message;
	/** From the zone itself, so it is valid until the zone is replaced. */
	readonly local: boolean;
	readonly rotation?: Rotation;
};

/** Round robin: each response starts with the next of several records of the same size, so that clients that use the first one are distributed. */
export type Rotation = {readonly size: number; next: number};

const nothing = Buffer.alloc(0);

/** A local answer without records. */
export const emptyAnswer = (rcode: number, bits: number = flags.authoritative): Answer =>
	({
		rcode, flags: bits, counts: [0, 0, 0], body: nothing, local: true,
	});

/** The response to a message of which only the header is valid. */
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

/** The records of the answer section that fit into `size` bytes. */
const truncate = ({counts, body}: Answer, size: number): Pick<Answer, 'counts' | 'body'> => {
	const spans = recordSpans(body, 0, counts.slice(0, 1)) ?? [];
	const fitting = spans.filter(({end}) => end <= size);
	return {counts: [fitting.length, 0, 0], body: body.subarray(0, fitting.at(-1)?.end ?? 0)};
};

/**
The response to a query.

A response that is too large is truncated, and the client asks again over TCP. It still contains the records that fit, because musl before 1.2.4 never uses TCP and takes what is there.
*/
export const encodeResponse = (query: Query, answer: Answer, transport: 'udp' | 'tcp'): Message => {
	const {message, question, edns} = query;
	const optionSize = edns ? optionLength : 0;
	const room = limitOf(query, transport) - question.end - optionSize;
	const isTruncated = answer.body.length > room;
	const {body, counts} = isTruncated ? truncate(answer, room) : answer;
	const response = Buffer.allocUnsafe(question.end + body.length + optionSize);
	message.copy(response, 0, 0, question.end);
	// Without EDNS the response code has four bits only.
	const rcode = !edns && answer.rcode > 15 ? rcodes.serverFailure : answer.rcode;
	const echoed = query.flags & (flags.recursionDesired | flags.checkingDisabled);
	const truncated = isTruncated ? flags.truncated : 0;
	response.writeUInt16BE(flags.response | echoed | flags.recursionAvailable | answer.flags | truncated | (rcode & 15), 2);
	response.writeUInt16BE(counts[0], 6);
	response.writeUInt16BE(counts[1], 8);
	response.writeUInt16BE(counts[2] + (edns ? 1 : 0), 10);
	body.copy(response, question.end);
	if (edns) {
		writeOption(response, question.end + body.length, rcode, edns);
	}

	return response;
};
